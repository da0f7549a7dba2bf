"""Every setting, read from the environment once, grouped by who uses it."""

import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.files.storage import FileSystemStorage

from scrm import charts
from scrm.data_map import DATA_MAP, NOT_PERSONAL  # noqa: F401 - likewise settings
from scrm.database import for_reading, in_django_words
from scrm.environment import Environment, open_files, reach_of, read_files
from scrm.installed import INSTALLED_APPS, MIDDLEWARE  # noqa: F401 - likewise
from scrm.rest import REST_FRAMEWORK, SPECTACULAR_SETTINGS  # noqa: F401 - likewise
from scrm.variables import PAIRS, VARIABLES
from scrm.work import (  # noqa: F401 - settings like the others
    ABSENT_AFTER,
    ASK_THE_TIME_EVERY,
    FAULTS_FILE,
    JOB_BACKOFF,
    JOB_LEASES,
    JOB_LIMIT,
    JOB_LIMIT_HURRIED,
    PRESENCE_EVERY,
    SWEEP_EVERY,
    TIMETABLE,
)

BASE_DIR = Path(__file__).resolve().parent.parent

# What kind of process this is: web, worker, timetable, or the name of a command.
SCRM_ROLE = os.environ.get("SCRM_ROLE", "other")

read_files(BASE_DIR, role=SCRM_ROLE)
open_files(VARIABLES, os.environ)
ENVIRONMENT = Environment(VARIABLES, os.environ, reach=reach_of(SCRM_ROLE), pairs=PAIRS)
ENVIRONMENT.refuse()

# --- what every request and every process needs -----------------------------------

DEBUG = ENVIRONMENT["DEBUG"]
# Where no key is needed a passing one will do: it signs nothing that lives on.
SECRET_KEY = ENVIRONMENT["SECRET_KEY"] or secrets.token_urlsafe(50)
ALLOWED_HOSTS = ENVIRONMENT["ALLOWED_HOSTS"]
TRUSTED_PROXIES = ENVIRONMENT["TRUSTED_PROXIES"]
ROOT_URLCONF = "scrm.urls"
WSGI_APPLICATION = "scrm.wsgi.application"
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

# --- language and time ------------------------------------------------------------

# One language and no LocaleMiddleware: an English browser must not get half of it.
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "Simplified Chinese")]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = ["scrm.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

# --- the database -----------------------------------------------------------------

DATABASES = {}
if ENVIRONMENT["DATABASE_URL"]:
    DATABASES["default"] = in_django_words(
        ENVIRONMENT["DATABASE_URL"],
        role=SCRM_ROLE,
        threads=ENVIRONMENT["WEB_THREADS"],
    )
# Read by common/replica.py: counting that may be a minute behind.
if ENVIRONMENT["DATABASE_REPLICA_URL"]:
    DATABASES["replica"] = for_reading(
        ENVIRONMENT["DATABASE_REPLICA_URL"], role=SCRM_ROLE
    )

# Read by common/sealing.py: phones and e-mails at rest.
SCRM_DATA_KEYS = ENVIRONMENT["SCRM_DATA_KEYS"]

# --- the broker, the workers and the timetable ------------------------------------

BROKER_URL = ENVIRONMENT["BROKER_URL"] or "memory://"
BROKER_IS_REDIS = BROKER_URL.startswith("redis")

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": BROKER_URL.replace("redis+socket://", "unix://"),
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1},
    }
    if BROKER_IS_REDIS
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache",
    }
}

CELERY_BROKER_URL = BROKER_URL
CELERY_BROKER_CONNECTION_TIMEOUT = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # it waits for a broker that is away
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_DEFAULT_QUEUE = "callback"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
    # One short try: a bell that nobody hears is rung again by the sweep, and a
    # callback's answer must not wait for it.
    "max_retries": 1,
    "interval_start": 0,
    "socket_connect_timeout": 1,
}
if BROKER_IS_REDIS:
    CELERY_BROKER_TRANSPORT_OPTIONS |= {
        # A bell that a killed worker took is rung again after ten minutes.
        "visibility_timeout": 600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        # In turn: callbacks that keep coming must not starve the news.
        "queue_order_strategy": "round_robin",
    }
    if SCRM_ROLE == "web":  # a worker listens for longer than a second
        CELERY_BROKER_TRANSPORT_OPTIONS["socket_timeout"] = 1

# --- the web server ---------------------------------------------------------------

WEB_PROCESSES = ENVIRONMENT["WEB_PROCESSES"]
WEB_THREADS = ENVIRONMENT["WEB_THREADS"]
WORKER_PROCESSES = ENVIRONMENT["WORKER_PROCESSES"]
METRICS_TOKEN = ENVIRONMENT["METRICS_TOKEN"]

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("echarts", charts.folder())]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
        # the list of all files lies where nobody can fetch it
        "OPTIONS": {"manifest_storage": FileSystemStorage(location=BASE_DIR / "var")},
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# --- signing in -------------------------------------------------------------------

AUTH_USER_MODEL = "staff.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "apps.staff.sign_in.Backend",
]
VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": f"{VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{VALIDATION}.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

# Ten wrong passwords, whether or not there is such a user, and the pair of name and
# address waits for a quarter of an hour.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "admin/locked_out.html"
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_DISABLE_ACCESS_LOG = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False

SESSION_COOKIE_AGE = 8 * 60 * 60
# Eight hours of idleness: see ActivityMiddleware. These a page asks for by itself.
ASKED_BY_PAGES_THEMSELVES = {
    "admin:exports_export_progress",
    "admin:imports_import_progress",
    "admin:lists_batch_progress",
    "admin:pulse",
    "admin:sync_pull_progress",
    "admin:troubles",
}

# --- what browsers may do ---------------------------------------------------------

LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]", "testserver", "*"}
PUBLIC_HOSTS = [host for host in ALLOWED_HOSTS if host not in LOCAL_HOSTS]

# A machine that is reached by its local names only has no certificate to show.
SPEAKS_HTTPS = bool(TRUSTED_PROXIES or PUBLIC_HOSTS) and not DEBUG
SESSION_COOKIE_SECURE = SPEAKS_HTTPS
CSRF_COOKIE_SECURE = SPEAKS_HTTPS
CSRF_TRUSTED_ORIGINS = [
    f"https://*{host}" if host.startswith(".") else f"https://{host}"
    for host in PUBLIC_HOSTS
]
# Only a proxy knows whether the visitor came by https; see ProxiesMiddleware.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = bool(TRUSTED_PROXIES)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$", r"^wecom/"]
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if SPEAKS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SPEAKS_HTTPS
SECURE_HSTS_PRELOAD = SPEAKS_HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Unfold's Alpine needs unsafe-eval, and its widgets style attributes.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- WeCom ------------------------------------------------------------------------

WECOM_API_URL = ENVIRONMENT["WECOM_API_URL"]
WECOM_CORP_ID = ENVIRONMENT["WECOM_CORP_ID"]
WECOM_AGENT_ID = ENVIRONMENT["WECOM_AGENT_ID"]
WECOM_APP_SECRET = ENVIRONMENT["WECOM_APP_SECRET"]
WECOM_CALLBACK_TOKEN = ENVIRONMENT["WECOM_CALLBACK_TOKEN"]
WECOM_CALLBACK_AES_KEY = ENVIRONMENT["WECOM_CALLBACK_AES_KEY"]
WECOM_CALLBACK_TOKEN_2 = ENVIRONMENT["WECOM_CALLBACK_TOKEN_2"]
WECOM_CALLBACK_AES_KEY_2 = ENVIRONMENT["WECOM_CALLBACK_AES_KEY_2"]
WECOM_CONTACTS_SECRET = ENVIRONMENT["WECOM_CONTACTS_SECRET"]
WECOM_CONTACTS_CALLBACK_TOKEN = ENVIRONMENT["WECOM_CONTACTS_CALLBACK_TOKEN"]
WECOM_CONTACTS_CALLBACK_AES_KEY = ENVIRONMENT["WECOM_CONTACTS_CALLBACK_AES_KEY"]

MINIPROGRAM_APP_ID = ENVIRONMENT["MINIPROGRAM_APP_ID"]
MINIPROGRAM_SECRET = ENVIRONMENT["MINIPROGRAM_SECRET"]
WEIXIN_API_URL = ENVIRONMENT["WEIXIN_API_URL"]

# Tables that the wire reaches without importing them.
WECOM_HANDLERS = "apps.sync.handlers.HANDLERS"
WECOM_ANSWERS = "apps.sync.answers.ANSWERS"

# The audit, which common reaches the same way.
AUDIT_NOTE = "apps.audit.note.note"
AUDIT_HISTORY = "apps.audit.history.history_page"

# Whose contacts are as it was decided, which contacts read without importing it.
CONTACT_OWNERS = "apps.assignment.decided.DECIDED"

# --- the logs ---------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "scrm.logs.JsonLine"},
        "text": {"()": "scrm.logs.TextLine"},
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": ENVIRONMENT["LOG_FORMAT"],
        },
    },
    "root": {"handlers": ["stderr"], "level": ENVIRONMENT["LOG_LEVEL"].upper()},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "celery": {"level": "INFO"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
    },
}
