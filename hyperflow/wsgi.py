"""The WSGI entry point. Unsafe production settings end it here, before the first request."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hyperflow.settings.base")

application = get_wsgi_application()

from hyperflow.core.checks import refuse_unsafe_start  # noqa: E402  # needs the apps

refuse_unsafe_start(pages=True)

from django.db import connections  # noqa: E402

# The thread that loads the application serves nobody: its connection would stand open for good.
connections.close_all()
