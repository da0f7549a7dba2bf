"""What is wrong with our own parts: the broker, the workers, the timetable."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext, ngettext

from apps.backoffice.pulse import LATE, STUCK, Mood
from apps.backoffice.troubles.seen import TIMETABLE, WORKER, Seen
from apps.backoffice.troubles.trouble import Door, Trouble
from apps.backoffice.troubles.words import list_of
from apps.common.jobs import Job
from apps.common.wording import span
from apps.wecom.models import Callback, Command

AWAY = timedelta(minutes=1)  # after which somebody who says nothing is away


def of_the_broker(seen: Seen) -> Iterator[Trouble]:
    if not seen.signs.broker:
        yield Trouble(
            name="broker",
            title=gettext("The broker does not answer"),
            meaning=gettext(
                "Callbacks are still kept and nothing is lost, but they are worked off "
                "only once the broker is back."
            ),
            to_do=gettext(
                "Ask those who run the server to start the broker (Redis, Valkey or "
                "RabbitMQ) again. What waits is then worked off by itself."
            ),
        )


def of_the_workers(seen: Seen, *, at: datetime) -> Iterator[Trouble]:
    since = seen.signs.waiting_since
    waited = at - since if since else timedelta()
    here = seen.wire.here.get(WORKER)
    if here and at - here > AWAY:
        yield Trouble(
            name="workers",
            title=gettext("No worker is running"),
            meaning=gettext(
                "What WeCom tells is kept, but nobody works it off: contacts, tags and "
                "groups shown here grow old."
            ),
            to_do=gettext("Ask those who run the server to start the workers again."),
            since=here,
            doors=waiting_callbacks(),
        )
    elif waited > LATE and seen.signs.broker:
        yield Trouble(
            name="workers",
            mood=Mood.BROKEN if waited > STUCK else Mood.LATE,
            title=gettext("Callbacks have been waiting for %(span)s")
            % {"span": span(waited)},
            meaning=gettext(
                "They are kept, but not worked off in time: the workers are away, or "
                "there are too few of them. What is shown here may be old."
            ),
            to_do=gettext(
                "After a rush this passes by itself. If more and more callbacks wait, "
                "ask those who run the server to look after the workers."
            ),
            since=since,
            doors=waiting_callbacks(),
        )


def of_the_timetable(seen: Seen, *, at: datetime) -> Iterator[Trouble]:
    here = seen.wire.here.get(TIMETABLE)
    if here and at - here > AWAY:
        yield Trouble(
            name="timetable",
            title=gettext("The timetable is not running"),
            meaning=gettext(
                "Nothing happens by the clock: no nightly comparison with WeCom, and "
                "what must be tried again is tried late."
            ),
            to_do=gettext("Ask those who run the server to start the timetable again."),
            since=here,
        )


def of_unknown_outcomes(seen: Seen) -> Iterator[Trouble]:
    many = sum(queue.unknown for queue in seen.queues)
    if many:
        yield Trouble(
            name="unknown",
            mood=Mood.LATE,
            title=ngettext(
                "%(many)s command may or may not have been carried out",
                "%(many)s commands may or may not have been carried out",
                many,
            )
            % {"many": f"{many:,}"},
            meaning=gettext(
                "The program broke off in the middle of them, or the database was "
                "restored. None is sent again by itself, so that nobody gets the same "
                "thing twice."
            ),
            to_do=gettext(
                "Look in WeCom whether each has happened, then say so on its page."
            ),
            doors=(
                Door(
                    title=gettext("Decide now"),
                    address=list_of(Command, status__exact=Job.Status.UNKNOWN),
                    primary=True,
                ),
            ),
        )


def waiting_callbacks() -> tuple[Door, ...]:
    address = list_of(Callback, status__exact=Job.Status.WAITING)
    return (Door(title=gettext("See what waits"), address=address),)
