"""The same settings with what a test needs: a cheap hasher of the same kind, mail in memory, no waiting."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DEBUG", "false")
os.environ.setdefault("SECRET_KEY", "only-for-tests-and-long-enough-for-the-start-up-check-to-be-content")
os.environ.setdefault("ALLOWED_HOSTS", "testserver,localhost,127.0.0.1")
os.environ.setdefault("CORS_ORIGINS", "https://app.example.com")
# Many tests ask more than a person does in a minute; those of the limit itself lower it.
os.environ.setdefault("API_RATE", "1000000/m")
os.environ.setdefault("DATA_DIR", str(Path(tempfile.gettempdir()) / f"hyperflow-tests-{os.getpid()}"))

from hyperflow.settings.base import *  # noqa: F403
from hyperflow.settings.base import STORAGES

#: Tests of what many do at once ask with twenty; the seats have tests of their own.
SIGN_IN_THREADS = 24
PASSWORD_HASHERS = ["hyperflow.settings.test_hashers.FastBCrypt"]
EMAIL_HOST = "mail.example.com"  # never called
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = False
CSRF_COOKIE_SECURE = False
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True

if DATABASES["default"]["ENGINE"] == "hyperflow.core.sqlite":  # noqa: F405
    # A file, as in production: connections to one in memory fall over locks that no timeout waits for.
    DATA_DIR.mkdir(parents=True, exist_ok=True)  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}  # noqa: F405
