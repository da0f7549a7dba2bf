"""Who is in a group chat and who was: people with their names, and who brought them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import merge

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from apps.common.masking import masked_name
from apps.contacts.models import Contact, Identity
from apps.groups.models import GroupChat, Stay
from apps.staff.models import Employee, User

Person = Contact | Employee


@dataclass(frozen=True, kw_only=True)
class Member:
    """A stay, and whose it is; `inviter` is empty where nobody is known.

    Whom the visitor may not see is masked: neither a link nor a whole name.
    """

    stay: Stay
    person: Person
    inviter: str
    role: str  # "owner", "admin" or nothing
    is_masked: bool = False

    @property
    def is_employee(self) -> bool:
        return self.stay.employee_id is not None

    @property
    def name(self) -> str:
        return masked_name(str(self.person)) if self.is_masked else str(self.person)

    @property
    def called(self) -> str:
        """Their name in the group, if it is another."""
        name = self.stay.nickname or self.stay.name
        return name if name != str(self.person) and not self.is_masked else ""


@dataclass(frozen=True, kw_only=True)
class Move:
    """Somebody came or went."""

    at: datetime
    came: bool
    member: Member


def present(group: GroupChat) -> QuerySet[Stay]:
    """Our own people first, then contacts, in the order in which they came."""
    outside = Case(
        When(employee__isnull=False, then=Value(0)),
        default=Value(1),
        output_field=IntegerField(),
    )
    here = group.stays.filter(left_at__isnull=True)
    return with_people(here).order_by(outside, "joined_at", "pk")


def gone(group: GroupChat) -> QuerySet[Stay]:
    """The last to go first."""
    return with_people(group.stays.filter(left_at__isnull=False)).order_by(
        "-left_at", "-pk"
    )


def with_people(stays: QuerySet[Stay]) -> QuerySet[Stay]:
    return stays.select_related("employee", "identity__contact").defer(
        "employee__grams",
        "employee__spelling",
        "identity__contact__grams",
        "identity__contact__spelling",
    )


def person_of(stay: Stay) -> Person:
    """A stay is of an employee or of a contact, never of neither."""
    if stay.identity is not None:
        return stay.identity.contact
    assert stay.employee is not None
    return stay.employee


def members(group: GroupChat, stays: Iterable[Stay], *, user: User) -> list[Member]:
    """Two queries for whoever invited any of them, one for whom the user may see."""
    stays = list(stays)
    inviters = people_by_id({stay.invited_by for stay in stays if stay.invited_by})
    people = [person_of(stay) for stay in stays]
    hidden = out_of_sight([*people, *inviters.values()], user=user)
    admins = set(group.admins)
    return [
        Member(
            stay=stay,
            person=person,
            inviter=named(inviters.get(stay.invited_by.lower()), hidden=hidden),
            role=role_in(group, stay, admins=admins),
            is_masked=is_hidden(person, hidden),
        )
        for stay, person in zip(stays, people, strict=True)
    ]


def out_of_sight(people: Iterable[Person], *, user: User) -> set[int]:
    """Numbers of the contacts among these whom the user may not see."""
    contacts = {person.pk for person in people if isinstance(person, Contact)}
    if user.sees_everybody or not contacts:
        return set()
    seen = Contact.objects.visible_to(user).filter(pk__in=contacts)
    return contacts - set(seen.values_list("pk", flat=True))


def named(person: Person | None, *, hidden: set[int]) -> str:
    if person is None:
        return ""
    return masked_name(str(person)) if is_hidden(person, hidden) else str(person)


def is_hidden(person: Person, hidden: set[int]) -> bool:
    return isinstance(person, Contact) and person.pk in hidden


def role_in(group: GroupChat, stay: Stay, *, admins: set[str]) -> str:
    if stay.employee_id is not None and stay.employee_id == group.owner_id:
        return "owner"
    return "admin" if stay.member_id in admins else ""


def people_by_id(ids: set[str]) -> dict[str, Contact | Employee]:
    """By the id in WeCom, in lower case; accounts are compared without case."""
    accounts = Employee.objects.filter(wecom_id__in=[i.lower() for i in ids])
    people: dict[str, Contact | Employee] = {e.wecom_id: e for e in accounts}
    identities = Identity.objects.external().filter(value__in=ids)
    for identity in identities.select_related("contact"):
        people[identity.value.lower()] = identity.contact
    return people


def last_moves(group: GroupChat, *, many: int, user: User) -> list[Move]:
    """Who came and went last, latest first."""
    came = with_people(group.stays.order_by("-joined_at", "-pk"))[:many]
    went = gone(group)[:many]
    joined = [
        Move(at=member.stay.joined_at, came=True, member=member)
        for member in members(group, came, user=user)
    ]
    left = [
        Move(at=member.stay.left_at, came=False, member=member)
        for member in members(group, went, user=user)
        if member.stay.left_at
    ]
    return list(merge(joined, left, key=lambda move: move.at, reverse=True))[:many]


def moves_since(groups: Iterable[GroupChat], at: datetime) -> dict[int, dict[str, int]]:
    """How many came and went since, by group."""
    pks = [group.pk for group in groups]
    rows = (
        Stay.objects.filter(Q(joined_at__gte=at) | Q(left_at__gte=at), group__in=pks)
        .order_by()
        .values("group")
        .annotate(
            came=Count("pk", filter=Q(joined_at__gte=at)),
            went=Count("pk", filter=Q(left_at__gte=at)),
        )
    )
    return {row["group"]: {"came": row["came"], "went": row["went"]} for row in rows}
