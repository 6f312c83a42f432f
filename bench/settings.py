"""Production settings for the bench, without the redirect to TLS: the load comes over plain loopback."""

from hyperflow.settings.base import *  # noqa: F403

SECURE_SSL_REDIRECT = False
