"""What contacts listen for."""

from apps.contacts.follow import end_follows
from apps.contacts.models import Follow
from apps.contacts.rows import EndRow
from apps.events.bus import subscribe
from apps.staff.events import EmployeeLeft


@subscribe(EmployeeLeft)
def end_the_follows_of_a_leaver(event: EmployeeLeft) -> None:
    """WeCom sends no callback for these; their contacts wait to be handed over."""
    follows = Follow.objects.open().filter(
        employee=event.employee_id, started_at__lte=event.at
    )
    end_follows(
        [
            EndRow(
                external_id=external_id,
                employee_id=event.employee_id,
                ended_at=event.at,
                ended_by=Follow.EndedBy.RESIGNED,
            )
            for external_id in follows.values_list("identity__value", flat=True)
        ],
        source=event.source,
    )
