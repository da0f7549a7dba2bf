"""The dozen lines that tests change."""

import base64
import os
import tempfile
from pathlib import Path

# The tests bring a database of their own unless they are given one; conftest.py
# starts it under this address. Processes that pytest starts find the same address.
EMBEDDED_HOME = None
if "DATABASE_URL" not in os.environ:
    EMBEDDED_HOME = Path(tempfile.gettempdir()) / f"scrm-test-{os.getpid()}"
    os.environ["DATABASE_URL"] = f"postgresql://postgres@/scrm?host={EMBEDDED_HOME}/s"

os.environ |= {
    "SCRM_ROLE": "test",
    "SCRM_ENV_FILE": os.devnull,
    "BROKER_URL": "memory://",
    "SECRET_KEY": "a key for tests",
    "SCRM_DATA_KEYS": ",".join(
        base64.urlsafe_b64encode(bytes([n]) * 32).decode() for n in (2, 1)
    ),
    "ALLOWED_HOSTS": "localhost,127.0.0.1,testserver",
    "LOG_FORMAT": "text",
    "WECOM_API_URL": "http://127.0.0.1:9",
    "WECOM_CORP_ID": "ww0123456789abcdef",
    "WECOM_AGENT_ID": "1000002",
    "WECOM_APP_SECRET": "app-secret-for-tests",
    "WECOM_CALLBACK_TOKEN": "TokenForTests",
    "WECOM_CALLBACK_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "WECOM_CONTACTS_SECRET": "contacts-secret-for-tests",
    "WECOM_CONTACTS_CALLBACK_TOKEN": "ContactsTokenForTests",
    "WECOM_CONTACTS_CALLBACK_AES_KEY": "GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba",
    "MINIPROGRAM_APP_ID": "wx0123456789abcdef",
    "MINIPROGRAM_SECRET": "miniprogram-secret-for-tests",
    "WEIXIN_API_URL": "http://127.0.0.1:9",
}

from scrm.translations import compile_what_is_stale  # noqa: E402

compile_what_is_stale()  # pytest loads the words before any fixture runs

import scrm.celery  # noqa: E402, F401 - tasks ring our broker, not Celery's default one
from scrm.settings import *  # noqa: E402, F403
from scrm.settings import INSTALLED_APPS as OURS  # noqa: E402

INSTALLED_APPS = ["tests", *OURS]  # its `flush` is a fast one
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
ASK_THE_TIME_EVERY = None  # tests travel in time
# nothing is collected for a test; files come from where they were written
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
