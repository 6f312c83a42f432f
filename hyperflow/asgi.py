"""The ASGI entry point. Unsafe production settings end it here, before the first request."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hyperflow.settings.base")

application = get_asgi_application()

from hyperflow.core.checks import refuse_unsafe_start  # noqa: E402  # needs the apps

refuse_unsafe_start(pages=True)
