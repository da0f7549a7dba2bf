"""What waits under the bell is also said in WeCom, as one message for all of it.

Nobody is sent more than one in so many minutes, nor any while the company does not
work. A message says how many of what, never of whom: that stands here.
"""

from collections import Counter
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import translation
from django.utils.translation import gettext, ngettext

from apps.common.turns import take_free_turns
from apps.followups.models import Notice
from apps.followups.working_time import setting, working_time
from apps.staff.models import Employee
from apps.wecom.outbox import ask

TURN = "notices are said in WeCom"
AT_ONCE = 500  # employees of one go
OLD = timedelta(days=1)  # what nobody could be told for so long is no news, but for
# what is still to come when the company works again: whom the pool takes back
Kind = Notice.Kind


@transaction.atomic
def say_in_wecom(*, at: datetime) -> int:
    """Ask for the messages that are due. Answers how many."""
    kept = setting()
    if not take_free_turns(TURN) or not working_time(kept).is_on(at):
        return 0
    waiting = Notice.objects.filter(sent_at__isnull=True)
    waiting.filter(seen_at__isnull=False).update(sent_at=at)
    old = waiting.filter(at__lt=at - OLD).exclude(kind=Kind.RECLAIM)
    old.update(sent_at=at)
    since = at - timedelta(minutes=kept.message_every)
    lately = Notice.objects.filter(employee=OuterRef("pk"), sent_at__gt=since)
    lately = lately.filter(seen_at__isnull=True)
    unsent = waiting.filter(employee=OuterRef("pk"), at__lte=at)
    people = Employee.objects.working().filter(Exists(unsent), ~Exists(lately))
    told = list(people.order_by("pk")[:AT_ONCE])
    kinds: dict[int, Counter[str]] = {each.pk: Counter() for each in told}
    rows = waiting.filter(employee__in=kinds, at__lte=at)
    for employee, kind, many in rows.values_list("employee_id", "kind", "many"):
        kinds[employee][kind] += many
    for employee in told:
        ask(
            "message.send",
            arguments={
                "touser": employee.wecom_id,
                "text": {"content": words(kinds[employee.pk])},
            },
            once=f"notices:{employee.pk}",
        )
    rows.update(sent_at=at)
    return len(told)


def words(many: Counter[str]) -> str:
    """Such as: 2 steps are overdue, 1 is due. They stand on your front page."""
    with translation.override(settings.LANGUAGE_CODE):
        lines = [
            text % {"many": many[kind]}
            for kind, text in (
                (
                    Kind.OVERDUE,
                    ngettext(
                        "%(many)d step is overdue",
                        "%(many)d steps are overdue",
                        many[Kind.OVERDUE],
                    ),
                ),
                (
                    Kind.DUE,
                    ngettext(
                        "%(many)d step is due soon",
                        "%(many)d steps are due soon",
                        many[Kind.DUE],
                    ),
                ),
                (
                    Kind.ESCALATED,
                    ngettext(
                        "%(many)d step of a colleague is late",
                        "%(many)d steps of colleagues are late",
                        many[Kind.ESCALATED],
                    ),
                ),
                (
                    Kind.MENTIONED,
                    ngettext(
                        "%(many)d note asks for you",
                        "%(many)d notes ask for you",
                        many[Kind.MENTIONED],
                    ),
                ),
                (
                    Kind.RECLAIM,
                    ngettext(
                        "%(many)d customer of yours falls into the pool soon",
                        "%(many)d customers of yours fall into the pool soon",
                        many[Kind.RECLAIM],
                    ),
                ),
            )
            if many[kind]
        ]
        lines.append(gettext("Open the customer hub to see of whom."))
        return "\n".join(lines)
