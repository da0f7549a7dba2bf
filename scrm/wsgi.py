"""The entry point for the web server."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

import scrm.celery  # noqa: F401 - tasks ring our broker, not Celery's default one

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")

application = get_wsgi_application()

if settings.SCRM_ROLE == "web":
    from apps.common.absence import stay  # needs the apps

    stay("web")
