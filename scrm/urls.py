"""Every public address of the product."""

from django.contrib import admin
from django.urls import path

from apps.backoffice.health import healthz, readyz
from apps.backoffice.metrics import metrics
from apps.wecom.models import Receiver
from apps.wecom.views import CallbackView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("wecom/callback/", CallbackView.as_view()),
    path("wecom/callback/contacts/", CallbackView.as_view(receiver=Receiver.CONTACTS)),
    path("healthz", healthz),
    path("readyz", readyz),
    path("metrics", metrics),
]
