"""A corp in which somebody has contacts and groups to hand over."""

from collections import Counter

from django.utils import timezone

from apps.assignment.handover import TakerWish, Wish, begin, look
from apps.assignment.handover_models import Handover, Offer
from apps.assignment.handover_results import look_at_results
from apps.assignment.handover_settle import send_what_waits, settle_asked
from apps.staff.models import Employee
from apps.sync.reconcile import mend


class House:
    """The sandbox corp, and our side of it, told of what is done there."""

    def __init__(self, corp, wecom, work_off) -> None:
        self.corp, self.wecom, self.work_off = corp, wecom, work_off
        corp.knobs.turn(short_pages=0.0)
        with corp.changing():
            corp.run(
                "INSERT INTO department (id, name, parentid) VALUES (1, '公司', 0)"
            )

    def people(self, *accounts: str) -> None:
        for account in accounts:
            self.corp.do(
                "employee_create", userid=account, name=account, departments=[1]
            )

    def contacts(self, account: str, many: int, *, prefix: str = "wmC") -> list[str]:
        ids = [f"{prefix}{number:04}" for number in range(many)]
        with self.corp.changing():
            for who in ids:
                self.corp.do(
                    "add", userid=account, external_userid=who, name=who, type=1
                )
        return ids

    def groups(self, account: str, many: int) -> list[str]:
        made = [f"wrG{number:04}" for number in range(many)]
        for chat_id in made:
            self.corp.do("group_create", chat_id=chat_id, owner=account, members=[])
        return made

    def pull(self) -> None:
        mend()
        self.work_off()

    def does(self, what: str, **about):
        """Somebody does it in WeCom, and we are told."""
        done = self.corp.do(what, **about)
        for news in done["news"]:
            put = self.wecom.put(news["message"], receiver=news["receiver"])
            assert put.status_code == 200
        self.work_off()

    def employee(self, account: str) -> Employee:
        return Employee.objects.get(wecom_id=account)

    def wish(self, giver: str, *takers: str, most: int | None = None, **more) -> Wish:
        return Wish(
            giver=self.employee(giver),
            takers=tuple(
                TakerWish(employee=self.employee(one).pk, most=most) for one in takers
            ),
            **more,
        )

    def begin(self, giver: str, *takers: str, **more) -> Handover:
        at = timezone.now()
        wish = self.wish(giver, *takers, **more)
        mark = look(wish, by=None, at=at).mark
        made = begin(wish, mark=mark, by=None, at=at)
        self.work_off()
        return made

    def a_day_passes(self) -> None:
        self.does("transfers_end")
        look_at_results(at=timezone.now())
        self.work_off()
        self.a_minute_passes()

    def a_minute_passes(self) -> None:
        """What the timetable does each minute."""
        settle_asked(at=timezone.now())
        send_what_waits(at=timezone.now())
        self.work_off()

    def transfers(self) -> list[dict]:
        return self.corp.dump(["transfers"])["transfers"]


def states(handover: Handover) -> Counter[str]:
    return Counter(handover.offers.values_list("state", flat=True))


def offer_of(who: str, **more) -> Offer:
    return Offer.objects.filter(identity__value=who, **more).latest("pk")
