"""What groups listen for."""

from django.db.models import Exists, OuterRef

from apps.events.bus import subscribe
from apps.groups.models import GroupChat, Stay
from apps.staff.events import AccountRenamed
from apps.staff.models import Employee


@subscribe(AccountRenamed)
def call_the_renamed_by_their_account(event: AccountRenamed) -> None:
    """Where groups name an employee's former account, they name today's.

    A list of members that was read before we heard of it told of somebody who went
    and somebody who came: the end that was concluded then is none.
    """
    employee = Employee.objects.filter(pk=event.employee_id).first()
    if employee is None or employee.wecom_id == event.former:
        return  # one with somebody else meanwhile, or renamed back
    account = employee.wecom_id
    for chat in GroupChat.objects.filter(admins__contains=[event.former]):
        chat.admins = sorted({*chat.admins, account} - {event.former})
        chat.save(update_fields=["admins"])
    stays = Stay.objects.filter(employee=employee)
    still_there = stays.filter(
        group=OuterRef("group"), joined_at=OuterRef("joined_at"), left_at=None
    )
    stays.filter(Exists(still_there), left_by=Stay.LeftBy.GONE).delete()
    stays.filter(member_id=event.former).update(member_id=account)
    Stay.objects.filter(invited_by=event.former).update(invited_by=account)
