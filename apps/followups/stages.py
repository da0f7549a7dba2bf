"""Which stages there are, kept in order by the company itself.

A company begins with six of them. A stage that leads
stand in is never deleted: its leads move to another one, and it is retired, so that
what was told of it can still be told. There is always one to begin with, one that is
won and one that is lost.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.audit.note import note
from apps.common.errors import Refused
from apps.common.turns import take_turns
from apps.followups.models import Lead, Stage
from apps.staff.models import User

TURN = "stages"
LONGEST = 20
MOST = 12
FIRST = (
    (_("New lead"), 10, "", 30),
    (_("Contacted"), 20, "", None),
    (_("Interested"), 40, "", None),
    (_("Offer made"), 70, "", None),
    (_("Won"), 100, Stage.Ends.WON, None),
    (_("Lost"), 0, Stage.Ends.LOST, None),
)
EDITED = ("name", "probability", "contact_within", "needs_amount")


class BadStageName(Refused):
    """A stage has a name of 1 to 20 letters."""

    code = "bad_stage_name"


class StageTaken(Refused):
    """There is a stage of this name already."""

    code = "stage_taken"


class BadProbability(Refused):
    """A probability is a number from 0 to 100."""

    code = "bad_probability"


class TooManyStages(Refused):
    """There are at most 12 stages."""

    code = "too_many_stages"


class StageIsGone(Refused):
    """This stage was taken out meanwhile."""

    code = "stage_is_gone"


class LastOfItsKind(Refused):
    """There must be a stage to begin with, one that is won and one that is lost."""

    code = "last_stage_of_its_kind"


class LeadsStandHere(Refused):
    """Leads stand in this stage: say where they go."""

    code = "leads_stand_here"


def stages() -> list[Stage]:
    """Those in use, in their order."""
    return list(Stage.objects.in_use())


def set_out(model: type[Stage] = Stage) -> None:
    """Those that a company begins with; `model` is a migration's."""
    take_turns(TURN)
    if model._default_manager.exists():
        return
    with translation.override(settings.LANGUAGE_CODE):
        model._default_manager.bulk_create(
            model(
                name=str(name),
                place=place,
                probability=probability,
                ends=ends,
                contact_within=within,
            )
            for place, (name, probability, ends, within) in enumerate(FIRST, 1)
        )


@transaction.atomic
def first_stage() -> Stage:
    there = stages()
    if not there:
        set_out()
        there = stages()
    return next(stage for stage in there if not stage.ends)


@transaction.atomic
def add_stage(
    *, name: str, probability: int, ends: str = "", by: User, at: datetime
) -> Stage:
    """Behind the others of its kind: what ends stands at the end."""
    take_turns(TURN)
    there = stages()
    if len(there) >= MOST:
        raise TooManyStages
    name = good_name(name)
    last = Stage.objects.aggregate(last=Max("place"))["last"] or 0
    stage = Stage.objects.create(
        name=name,
        place=last + 1,
        probability=good_probability(probability),
        ends=ends,
    )
    put_in_order([*there, stage])
    note(deed="added", by=by, at=at, about=stage, after=told_of(stage))
    return stage


@transaction.atomic
def change_stage(*, stage: Stage, by: User, at: datetime, **wanted: Any) -> Stage:
    """`wanted`: name, probability, contact_within, needs_amount."""
    take_turns(TURN)
    stage = held(stage)
    before = told_of(stage)
    if "name" in wanted:
        wanted["name"] = good_name(wanted["name"], besides=stage)
    if "probability" in wanted:
        wanted["probability"] = good_probability(wanted["probability"])
    for field in EDITED:
        if field in wanted:
            setattr(stage, field, wanted[field])
    stage.save(update_fields=EDITED)
    after = told_of(stage)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        note(
            deed="changed",
            by=by,
            at=at,
            about=stage,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    return stage


@transaction.atomic
def move_stage(*, stage: Stage, up: bool, by: User, at: datetime) -> None:
    """One place up or down, among those that go on or those that end."""
    take_turns(TURN)
    stage = held(stage)
    row = [each for each in stages() if bool(each.ends) == bool(stage.ends)]
    place = [each.pk for each in row].index(stage.pk)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(row):
        return
    row[place], row[other] = row[other], row[place]
    others = [each for each in stages() if bool(each.ends) != bool(stage.ends)]
    put_in_order([*row, *others])
    note(deed="changed", by=by, at=at, about=stage, after={"place": other + 1})


@transaction.atomic
def retire_stage(*, stage: Stage, instead: Stage | None, by: User, at: datetime) -> int:
    """Take it out; its open leads move to another stage. How many did?"""
    from apps.followups.move import move_all  # which needs this module

    take_turns(TURN)
    stage = held(stage)
    others = [each for each in stages() if each.pk != stage.pk]
    if not any(each.ends == stage.ends for each in others):
        raise LastOfItsKind
    stage.retired_at = at
    stage.save(update_fields=["retired_at"])
    many = 0
    if not stage.ends and Lead.objects.filter(stage=stage).open().exists():
        if instead is None or instead.pk not in {each.pk for each in others}:
            raise LeadsStandHere
        many = move_all(stage=stage, to=instead, by=by, at=at)
    told = {"name": stage.name, "leads": many}
    note(deed="deleted", by=by, at=at, about=stage, before=told)
    return many


def held(stage: Stage) -> Stage:
    found = Stage.objects.in_use().select_for_update().filter(pk=stage.pk).first()
    if found is None:
        raise StageIsGone
    return found


def put_in_order(row: Sequence[Stage]) -> None:
    """What ends comes last."""
    ordered = sorted(row, key=lambda stage: bool(stage.ends))
    for place, stage in enumerate(ordered, 1):
        stage.place = place
    Stage.objects.bulk_update(ordered, ["place"])


def told_of(stage: Stage) -> dict[str, Any]:
    return {name: getattr(stage, name) for name in EDITED}


def good_name(name: str, *, besides: Stage | None = None) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not 1 <= len(name) <= LONGEST:
        raise BadStageName
    same = Stage.objects.in_use().filter(name=name)
    if same.exclude(pk=besides.pk if besides else None).exists():
        raise StageTaken
    return name


def good_probability(probability: int) -> int:
    if not 0 <= probability <= 100:
        raise BadProbability
    return probability
