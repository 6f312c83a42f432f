"""The WSGI entry point. Unsafe production settings end it here, before the first request."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hyperflow.settings.base")

application = get_wsgi_application()

from hyperflow.core.checks import refuse_unsafe_start  # noqa: E402  # needs the apps

refuse_unsafe_start(pages=True)

import gc  # noqa: E402

from django.db import connections  # noqa: E402
from django.urls import get_resolver  # noqa: E402

# All views are loaded now, and not while the first people wait.
get_resolver().url_patterns  # noqa: B018
# What is loaded by now stays, and looking through all of it for garbage would stop everybody for a tenth of a second.
gc.collect()
gc.freeze()

# The thread that loads the application serves nobody: its connection would stand open for good.
connections.close_all()
