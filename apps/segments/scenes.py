"""What may happen to a contact for a rule to look at them, and how it is narrowed.

A scene is a kind of event. Which of these events are meant is one condition on the
event log: for one that has just happened, and for all that have.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.behaviour.events import BehaviourReported
from apps.common.errors import Refused
from apps.contacts.events import AttributesChanged, FollowStarted
from apps.contacts.models import Attribute
from apps.events.event import Event
from apps.groups.events import GroupJoined
from apps.orders.events import OrderPaid, OrderRefunded
from apps.rules.explain import names_of, option_words, plain
from apps.rules.fields import Option
from apps.rules.rule_fields import people_of
from apps.rules.shapes import Nonsense, Shape, as_json
from apps.segments.events import SegmentEntered, SegmentLeft

MOST = 100_000  # events that are looked through

WORDS = r"'[\s,，、;；]+'"  # what stands between several words
HAPPENED = """
SELECT row.id, coalesce(contact.merged_into_id, contact.id), row.at,
    row.kind || ':' || coalesce({fact}, 'event ' || row.id)
FROM events_eventrecord AS row
JOIN contacts_contact AS contact ON contact.id = row.contact_id
WHERE row.kind = %(kind)s AND row.source <> 'first_pull' AND row.at >= %(since)s {more}
ORDER BY row.at DESC, row.id DESC LIMIT %(most)s
"""


class NoSuchScene(Refused):
    """There is no such scene."""

    code = "no_such_scene"


class NotNarrowedSo(Refused):
    """Something is wrong with how the scene is narrowed."""

    code = "scene_not_narrowed_so"


class Happened(NamedTuple):
    """One event that is meant; `cause` is the same however often it is told."""

    record_id: int
    contact_id: int
    at: datetime
    cause: str


def fact_in(*, name: str, fact: str, title: Any, model: str, **more: Any) -> Option:
    return Option(
        name=name,
        title=title,
        shape=Shape.PICKS,
        model=model,
        sql=f"(row.facts->>'{fact}')::bigint = ANY(%({name})s)",
        **more,
    )


def words_in(*, name: str, fact: str, title: Any) -> Option:
    """One of several words."""
    return Option(
        name=name,
        title=title,
        shape=Shape.TEXT,
        sql=f"row.facts->>'{fact}' = ANY(regexp_split_to_array(%({name})s, {WORDS}))",
    )


def weekdays() -> dict[int, Any]:
    return {
        1: _("Monday"),
        2: _("Tuesday"),
        3: _("Wednesday"),
        4: _("Thursday"),
        5: _("Friday"),
        6: _("Saturday"),
        7: _("Sunday"),
    }


def attributes() -> dict[int, str]:
    return dict(Attribute.objects.in_use().values_list("pk", "name"))


LOCAL = "(row.at AT TIME ZONE %(zone)s)"
TIMES = (
    Option(
        name="weekdays",
        title=_("on weekdays"),
        shape=Shape.CHOICES,
        choices=weekdays,
        sql=f"extract(isodow FROM {LOCAL}) = ANY(%(weekdays)s::int[])",
    ),
    Option(
        name="hours",
        title=_("between the hours"),
        shape=Shape.NUMBERS,
        sql=f"extract(hour FROM {LOCAL}) >= (%(hours)s::numeric[])[1] "
        f"AND extract(hour FROM {LOCAL}) < (%(hours)s::numeric[])[2]",
    ),
    Option(
        name="dates",
        title=_("in these days"),
        shape=Shape.DATES,
        sql=f"{LOCAL}::date BETWEEN (%(dates)s::date[])[1] AND (%(dates)s::date[])[2]",
    ),
)
MONEY = ("least",)  # options that are fen
LEAST = Option(
    name="least",
    title=_("at least so much"),
    shape=Shape.NUMBER,
    sql="(row.facts->>'amount')::bigint >= %(least)s",
)
PRODUCTS = Option(
    name="products",
    title=_("products"),
    shape=Shape.PICKS,
    model="orders.product",
    sql="EXISTS (SELECT FROM orders_orderline AS line WHERE line.order_id = "
    "(row.facts->>'order_id')::bigint AND line.product_id = ANY(%(products)s))",
)
SEGMENT = fact_in(
    name="segments",
    fact="segment_id",
    title=_("segments"),
    model="segments.segment",
    required=True,
)
ATTRIBUTES = Option(
    name="attributes",
    title=_("fields"),
    shape=Shape.CHOICES,
    choices=attributes,
    required=True,
    sql="row.facts->'attribute_ids' @> ANY("
    "SELECT to_jsonb(each) FROM unnest(%(attributes)s::bigint[]) AS each)",
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """`fact` is the number by which it is known, if the event is told twice."""

    name: str
    title: Any
    event: type[Event]
    fact: str = ""
    options: tuple[Option, ...] = ()
    translate: Mapping[str, Callable[[tuple], tuple]] = field(default_factory=dict)

    @property
    def narrows(self) -> tuple[Option, ...]:
        return (*self.options, *TIMES)

    def read(self, told: Any) -> dict[str, Any]:
        """What narrows it, or a refusal."""
        known = {option.name: option for option in self.narrows}
        if not isinstance(told, Mapping) or told.keys() - known.keys():
            raise NotNarrowedSo
        found = {}
        for name, option in known.items():
            if told.get(name) is None:
                if option.required:
                    why = gettext("“%s” is missing.") % option.title
                    raise NotNarrowedSo(detail=why)
                continue
            try:
                found[name] = option.read(told[name])
            except Nonsense as nonsense:
                raise NotNarrowedSo(detail=f"{option.title}：{nonsense}") from nonsense
        return found

    def told(self, narrowed: Mapping[str, Any]) -> dict[str, Any]:
        return {name: as_json(value) for name, value in narrowed.items()}

    def where(self, narrowed: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """What more must hold of `row`, an event of this kind; and the kind itself."""
        today = timezone.localdate()
        held: dict[str, Any] = {
            "kind": self.event.__name__,
            "zone": settings.TIME_ZONE,
        }
        parts = []
        for option in self.narrows:
            if option.name in narrowed:
                value = narrowed[option.name]
                if turn := self.translate.get(option.name):
                    value = turn(value)
                sql, more = option.condition(value, today=today)
                parts.append(f"AND ({sql})")
                held |= more
        return " ".join(parts), held

    def happened(
        self,
        narrowed: Mapping[str, Any],
        *,
        since: datetime,
        record_id: int | None = None,
    ) -> list[Happened]:
        """Events that are meant, newest first; or of one whether it is."""
        more, held = self.where(narrowed)
        held |= {"since": since, "most": MOST}
        parts = [more]
        if record_id is not None:
            parts.append("AND row.id = %(record)s")
            held["record"] = record_id
        fact = f"row.facts->>'{self.fact}'" if self.fact else "NULL"
        statement = HAPPENED.format(fact=fact, more=" ".join(parts))
        with connection.cursor() as cursor:
            cursor.execute(statement, held)
            return [Happened(*row) for row in cursor.fetchall()]

    def sentence(self, narrowed: Mapping[str, Any]) -> str:
        """加了好友（员工：张三；时段：9 ～ 18 点）"""
        told = [
            f"{option.title}：{words_of(option, narrowed[option.name])}"
            for option in self.narrows
            if option.name in narrowed
        ]
        return f"{self.title}（{'；'.join(told)}）" if told else str(self.title)


def words_of(option: Option, value: Any) -> str:
    if option.shape in (Shape.NUMBERS, Shape.DATES):
        return " ～ ".join(plain(each) for each in value)
    if option.shape == Shape.NUMBER:
        return f"¥{plain(value / 100)}" if option.name in MONEY else plain(value)
    names = {option.model: names_of(option.model, value)} if option.model else {}
    return option_words(option, value, names)


HAPPENINGS: dict[str, Scene] = {
    scene.name: scene
    for scene in (
        Scene(
            name="follow",
            title=_("added as a friend"),
            event=FollowStarted,
            fact="follow_id",
            options=(
                words_in(name="states", fact="state", title=_("channel states")),
                fact_in(
                    name="employees",
                    fact="employee_id",
                    title=_("employees"),
                    model="staff.employee",
                ),
                fact_in(
                    name="departments",
                    fact="employee_id",
                    title=_("departments"),
                    model="staff.department",
                ),
            ),
            translate={"departments": people_of},
        ),
        Scene(
            name="group",
            title=_("joined a group"),
            event=GroupJoined,
            fact="stay_id",
            options=(
                fact_in(
                    name="groups",
                    fact="group_id",
                    title=_("group chats"),
                    model="groups.groupchat",
                ),
                words_in(name="states", fact="state", title=_("channel states")),
            ),
        ),
        Scene(
            name="bought",
            title=_("paid an order"),
            event=OrderPaid,
            fact="order_id",
            options=(LEAST, PRODUCTS),
        ),
        Scene(
            name="refunded",
            title=_("got a refund"),
            event=OrderRefunded,
            fact="order_id",
            options=(LEAST, PRODUCTS),
        ),
        Scene(
            name="behaviour",
            title=_("did something elsewhere"),
            event=BehaviourReported,
            fact="behaviour_id",
            options=(
                words_in(name="kinds", fact="name", title=_("kinds of behaviour")),
            ),
        ),
        Scene(
            name="entered",
            title=_("entered a segment"),
            event=SegmentEntered,
            options=(SEGMENT,),
        ),
        Scene(
            name="left",
            title=_("left a segment"),
            event=SegmentLeft,
            options=(SEGMENT,),
        ),
        Scene(
            name="attribute",
            title=_("a field changed"),
            event=AttributesChanged,
            options=(ATTRIBUTES,),
        ),
    )
}


def scene_among(scenes: Mapping[str, Scene], name: Any) -> Scene:
    scene = scenes.get(name) if isinstance(name, str) else None
    if scene is None:
        raise NoSuchScene
    return scene
