"""Two of the demo's company hand over what they have.

One resigns in the sandbox corp, and what she leaves waits for somebody to deal it out;
one of her customers will refuse whoever she is given to. Another is moved to other
work: his customers are being handed over, some are, one refused, one taker was full.
"""

from django.core.management.base import BaseCommand
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from apps.assignment.handover import TakerWish, Wish, begin, look
from apps.assignment.handover_models import Handover, Offer, OfferQuerySet
from apps.assignment.handover_results import look_at_results
from apps.backoffice.play import play, wait_until
from apps.contacts.models import Follow
from apps.groups.models import GroupChat
from apps.staff.models import Employee, User

FEWEST = 20  # contacts, so that there is something to deal out
PATIENCE = 30.0  # seconds until WeCom has been asked
REFUSALS = {4: "customer_refused", 9: "customer_limit_exceed"}


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
        leaver, mover = [*rows.order_by("many", "pk")[:2], None, None][:2]
        if leaver is None:
            return
        mine = Follow.objects.open().filter(employee=leaver).order_by("pk")
        if refusing := mine.select_related("identity").first():
            play("person_refuses", external_userid=refusing.identity.value)
        play("employee_resign", userid=leaver.wecom_id)
        if mover is not None:
            hand_over(mover)


def hand_over(giver: Employee) -> None:
    able = Employee.objects.serving().filter(status=1).exclude(pk=giver.pk)
    takers = able.filter(user__is_active=False).order_by("-pk")[:3]
    wish = Wish(
        giver=giver,
        takers=tuple(TakerWish(employee=who.pk) for who in takers),
        message="您好，我的工作有调整，之后由同事继续为您服务。",
    )
    now = timezone.now()
    by = User.objects.filter(username="admin").first()
    begin(wish, mark=look(wish, by=by, at=now).mark, by=by, at=now)
    waits = Offer.objects.running().exclude(state=Offer.State.OFFERED)
    if not wait_until(lambda: not waiting(waits), seconds=PATIENCE):
        return
    offered = Offer.objects.of_contacts().filter(state=Offer.State.OFFERED)
    for number, offer in enumerate(offered.order_by("pk")[:12]):
        about = {"external_userid": offer.identity.value}
        if number in REFUSALS:
            play("transfer_fail", reason=REFUSALS[number], **about)
        else:
            play("transfer_complete", **about)
    look_at_results(at=timezone.now())


def waiting(rows: OfferQuerySet) -> bool:
    return rows.of_contacts().all().exists()
