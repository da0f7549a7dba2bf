"""Every public address of the product."""

from django.contrib import admin
from django.urls import path

from apps.backoffice.health import healthz, readyz
from apps.backoffice.metrics import metrics

urlpatterns = [
    path("admin/", admin.site.urls),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
