"""Production settings for the bench, without the redirect to TLS: the load comes over plain loopback."""

from hyperflow.settings.base import *  # noqa: F403

SECURE_SSL_REDIRECT = False
#: No page is asked for, so nothing needs to be collected.
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}  # noqa: F405
