"""Settings. Everything that differs between installations comes from the environment; see `.env.example`.

With no configuration at all this is the embedded default: SQLite, local files, mail to a folder, jobs run by a
plain loop. ``DB_HOST`` (or ``DATABASE_URL``) switches to MySQL/MariaDB, ``REDIS_URL`` to Redis.
"""

from datetime import timedelta
from pathlib import Path

from django.urls import reverse_lazy
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from hyperflow.core import env
from hyperflow.settings.admin import UNFOLD  # noqa: F401
from hyperflow.settings.api import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401
from hyperflow.settings.databases import databases, redis_caches
from hyperflow.settings.folders import keep_apart
from hyperflow.settings.logs import logging_config

BASE_DIR = Path(__file__).resolve().parent.parent.parent
VERSION = "0.1.0"

# --- What kind of installation this is -----------------------------------------------------------------------------
DEBUG = env.boolean("DEBUG", False)
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var")))
#: Fits a development machine only; a start-up check refuses it with DEBUG=false.
INSECURE_SECRET_KEY = "insecure-development-key-that-never-leaves-this-machine"  # noqa: S105
SECRET_KEY = env.text("SECRET_KEY") or INSECURE_SECRET_KEY
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"] if DEBUG else [])
PUBLIC_URL = env.web_address("PUBLIC_URL", "http://localhost:8000")
#: Where links in mails lead: the SPA, or this installation itself.
FRONTEND_URL = env.web_address("FRONTEND_URL", PUBLIC_URL)
NUM_PROXIES = env.integer("NUM_PROXIES", 0, at_least=0, at_most=5)
WEB_PROCESSES = env.integer("WEB_PROCESSES", 1, at_least=1, at_most=256)

COMPANY_NAME = env.text("COMPANY_NAME", "HyperFlow Agency")
COMPANY_CURRENCY = env.currency("COMPANY_CURRENCY", "EUR")
COMPANY_TIME_ZONE = env.time_zone("COMPANY_TIME_ZONE", "Europe/Berlin")
#: Is a working day on which somebody with a monthly salary was absent without leave unpaid?
PAYROLL_ABSENCE_UNPAID = env.boolean("PAYROLL_ABSENCE_UNPAID", False)
#: What an hour of overtime is paid with, in percent of an hour's pay; 0 pays none.
PAYROLL_OVERTIME_PERCENT = env.integer("PAYROLL_OVERTIME_PERCENT", 100, at_least=0, at_most=500)

# --- Apps ----------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "hyperflow.dashboard",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "hyperflow.dashboard.apps.AdminSiteConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "rest_framework",
    "django_filters",
    "corsheaders",
    "csp",
    "django_ratelimit",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "hyperflow.core",
    "accounts",
    "clients",
    "tasks",
    "hr",
    "integrations",
    "finance",
    "marketing",
    "ai",
]

MIDDLEWARE = [
    "hyperflow.core.middleware.RequestMiddleware",
    # /api/ goes its own, shorter way from here, with CORS and its own security headers; the rest is for pages.
    "hyperflow.core.middleware.ApiMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hyperflow.core.middleware.PageSecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hyperflow.dashboard.middleware.OwnZone",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "hyperflow.core.middleware.NumbersThatFit",
]

ROOT_URLCONF = "hyperflow.urls"
WSGI_APPLICATION = "hyperflow.wsgi.application"
ASGI_APPLICATION = "hyperflow.asgi.application"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Data ----------------------------------------------------------------------------------------------------------
DATABASES = databases(DATA_DIR)
REDIS_URL = env.text("REDIS_URL")
CACHES = redis_caches(REDIS_URL)

# --- People --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.EmailBackend"]
PASSWORD_HASHERS = [
    # The product asks for bcrypt; this one hashes the password first, so nothing is cut at 72 bytes.
    "django.contrib.auth.hashers.BCryptSHA256PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["email", "name"]},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 8}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

ALGORITHM = env.text("ALGORITHM", "HS256", choices={"HS256", "HS384", "HS512"})
#: A key of its own, or one derived from SECRET_KEY: a leak of either kind of signature then says nothing of the other.
JWT_SIGNING_KEY = env.text("JWT_SIGNING_KEY") or salted_hmac("jwt", "sign", SECRET_KEY, algorithm="sha512").hexdigest()
#: A key that was replaced: tokens it signed are still read, none are signed with it.
JWT_PREVIOUS_SIGNING_KEY = env.text("JWT_PREVIOUS_SIGNING_KEY")
ACCESS_TOKEN_LIFETIME = timedelta(minutes=env.integer("ACCESS_TOKEN_EXPIRE_MINUTES", 30, at_least=1, at_most=24 * 60))
REFRESH_TOKEN_LIFETIME = timedelta(days=env.integer("REFRESH_TOKEN_EXPIRE_DAYS", 14, at_least=1, at_most=365))
SESSION_LIFETIME = timedelta(days=env.integer("SESSION_EXPIRE_DAYS", 30, at_least=1, at_most=365))
JWT_ISSUER = "hyperflow"
JWT_AUDIENCE = "hyperflow-api"

#: How many of a web process's threads may be busy with passwords at once; further sign-ins are told to come back (503).
#: Less than the process has, so that a storm of sign-ins leaves some for everybody else.
SIGN_IN_THREADS = env.integer("SIGN_IN_THREADS", 3, at_least=1, at_most=1_000)

REGISTRATION_OPEN = env.boolean("REGISTRATION_OPEN", True)
REGISTRATION_ROLE = env.text("REGISTRATION_ROLE", "client")
EMAIL_VERIFICATION = env.boolean("EMAIL_VERIFICATION", True)

#: What is personal of candidates is kept for so long after they applied, unless they are hired.
CANDIDATE_RETENTION_DAYS = env.integer("CANDIDATE_RETENTION_DAYS", 180, at_least=1, at_most=3_650)

SUPABASE_URL = env.text("SUPABASE_URL").rstrip("/")
SUPABASE_JWT_SECRET = env.text("SUPABASE_JWT_SECRET")
SUPABASE_AUDIENCE = env.text("SUPABASE_AUDIENCE", "authenticated")

# --- Cookies, transport, browsers ----------------------------------------------------------------------------------
SESSION_COOKIE_AGE = 60 * env.integer("ADMIN_IDLE_MINUTES", 30, at_least=5, at_most=24 * 60)
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SECURE = not DEBUG
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "hyperflow.core.api.problems.csrf_failure"
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])
SECURE_SSL_REDIRECT = env.boolean("SECURE_SSL_REDIRECT", not DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^api/health"]
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = not DEBUG
# Without "preload": that would put the whole domain on a list in browsers which it takes months to leave.
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if NUM_PROXIES else None
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

CORS_ALLOWED_ORIGINS = env.words("CORS_ORIGINS", [])
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_CREDENTIALS = False
CORS_ALLOW_HEADERS = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "last-event-id",
    "prefer",
    "x-request-id",
]
CORS_EXPOSE_HEADERS = [
    "etag",
    "idempotent-replayed",
    "link",
    "location",
    "preference-applied",
    "retry-after",
    "x-request-id",
    "x-total-count",
]

# --- Limits --------------------------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
MAX_JSON_BYTES = 2 * 1024 * 1024
MAX_JSON_DEPTH = 20
MAX_UPLOAD_BYTES = 1024 * 1024 * env.integer("MAX_UPLOAD_MB", 25, at_least=1, at_most=1024)
MAX_IMAGE_PIXELS = 50_000_000
API_RATE = env.rate("API_RATE", "1200/m")
RATELIMIT_FAIL_OPEN = True
RATELIMIT_USE_CACHE = "limits"
# django-ratelimit knows no cache but memcached and redis that counts atomically. The embedded database cache may let a
# few more requests through under a race, which is harmless for this limit: sign-in, registration and reset have their
# own exact counter. Django's own Redis cache is atomic, but unknown to that check.
# security.W021 asks for HSTS preload (see above).
SILENCED_SYSTEM_CHECKS = ["django_ratelimit.E003", "django_ratelimit.W001", "security.W021"]

# --- Files, mail, outside --------------------------------------------------------------------------------------------
FILE_STORE = env.text("FILE_STORE", "local", choices={"local", "s3"})
FILES_DIR = Path(env.text("FILES_DIR", str(DATA_DIR / "files")))
S3_BUCKET = env.text("S3_BUCKET")
S3_ENDPOINT_URL = env.text("S3_ENDPOINT_URL")
S3_REGION = env.text("S3_REGION")
S3_ACCESS_KEY = env.text("S3_ACCESS_KEY")
S3_SECRET_KEY = env.text("S3_SECRET_KEY")
FILE_LINK_SECONDS = env.integer("FILE_LINK_SECONDS", 300, at_least=10, at_most=86_400)

MAIL_DIR = DATA_DIR / "mail"
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = env.integer("EMAIL_PORT", 587, at_least=1, at_most=65_535)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_TLS", True)
EMAIL_TIMEOUT = 10
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend" if EMAIL_HOST else "hyperflow.core.mail_files.EmailBackend"
)
EMAIL_FILE_PATH = MAIL_DIR
DEFAULT_FROM_EMAIL = env.sender("MAIL_FROM", "HyperFlow <hyperflow@localhost>")

#: Hosts that outgoing calls may reach although their address is private; for a platform inside the company's network.
OUTGOING_ALLOWED_HOSTS = env.words("OUTGOING_ALLOWED_HOSTS", [])

# --- Jobs ----------------------------------------------------------------------------------------------------------
JOB_LEASE_SECONDS = env.integer("JOB_LEASE_SECONDS", 30, at_least=1, at_most=3_600)
JOB_SWEEP_SECONDS = env.integer("JOB_SWEEP_SECONDS", 5, at_least=1, at_most=300)
#: Tell waiting Celery workers that jobs are due. Without a broker workers look for themselves.
JOB_WAKE_UP = "hyperflow.celery.wake" if REDIS_URL else ""
JOB_RESEND = "hyperflow.celery.resend" if REDIS_URL else ""

# --- API documents and operations ------------------------------------------------------------------------------------
API_DOCS = env.text("API_DOCS", "staff", choices={"staff", "public"})
METRICS_TOKEN = env.text("METRICS_TOKEN")

# --- Language, time, static ------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
USE_I18N = True
FORMAT_MODULE_PATH = ["hyperflow.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
keep_apart(FILES_DIR, STATIC_ROOT, *STATICFILES_DIRS)
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": FILES_DIR}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

LOGGING = logging_config(level=env.text("LOG_LEVEL", "INFO", choices={"DEBUG", "INFO", "WARNING", "ERROR"}))

DEMO_PASSWORD = env.text("DEMO_PASSWORD", "hyperflow-demo")
