"""Somebody of the demo's company leaves, with contacts and groups to hand over.

They resign in the sandbox corp, over its own HTTP, and the callback brings it in. One
of the customers will refuse whoever she is given to.
"""

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import Count, Exists, OuterRef, Q

from apps.assignment.handover_models import Handover
from apps.contacts.models import Follow
from apps.groups.models import GroupChat
from apps.staff.models import Employee

FEWEST = 20  # contacts, so that there is something to deal out


class Command(BaseCommand):
    help = "One who leaves with something to hand over, once."

    def handle(self, **options):
        gone = Employee.objects.filter(left_at__isnull=False)
        if Handover.objects.exists() or gone.exists():
            return
        groups = GroupChat.objects.filter(owner=OuterRef("pk"), dismissed_at=None)
        many = Count("follows", filter=Q(follows__ended_at__isnull=True))
        rows = Employee.objects.serving().filter(status=1, user__is_active=False)
        rows = rows.filter(Exists(groups)).annotate(many=many).filter(many__gte=FEWEST)
        leaver = rows.order_by("many", "pk").first()
        if leaver is None:
            return
        mine = Follow.objects.open().filter(employee=leaver).order_by("pk")
        if refusing := mine.select_related("identity").first():
            tell("person_refuses", external_userid=refusing.identity.value)
        tell("employee_resign", userid=leaver.wecom_id)


def tell(act: str, **about: Any) -> None:
    base = urlsplit(settings.WECOM_API_URL)
    address = f"{base.scheme}://{base.netloc}/sandbox/do"
    body = json.dumps({"act": act, **about}).encode()
    try:
        urlopen(Request(address, data=body, method="POST"), timeout=10).close()
    except (HTTPError, URLError):  # it does not fit any more
        return
