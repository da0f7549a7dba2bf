"""Other systems read and add what is next for a contact, and what was said to them."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet
from django_filters.filters import ChoiceFilter
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Scope
from apps.clients.noting import note_told
from apps.common.api.cursors import OURS, page_of
from apps.common.api.fields import Id, Moment, Strict, Text, moment_of
from apps.common.api.filters import documented, narrowed
from apps.common.api.once import once
from apps.common.api.schema import IDEMPOTENCY_KEY, PAGING, PageOut, example, in_path
from apps.common.api.views import ApiView
from apps.contacts.api import CONTACT_ID, whose
from apps.followups.models import LONGEST, Note, Task
from apps.followups.tasks_of import add_task, finish
from apps.followups.write_down import write_down
from apps.staff.models import Employee

TASK_ID = in_path("task_id")
A_TASK = {
    "text": "寄样品",
    "due_at": "2028-06-30T10:00:00+08:00",
    "employee": "linjing",
}
A_NOTE = {"text": "客户在门店试用了新品，约周三回访"}


@extend_schema_field(OpenApiTypes.DATETIME)
class Due(Moment):
    """A moment that is to come."""

    def to_internal_value(self, data: Any) -> datetime:
        moment = moment_of(data) if isinstance(data, str) else None
        if moment is None:
            raise serializers.ValidationError(self.error_messages["invalid"], "invalid")
        return moment


class TaskOut(serializers.Serializer):
    id = Id(source="pk")
    contact_id = serializers.SerializerMethodField()
    kind = serializers.ChoiceField(Task.Kind.choices)
    text = serializers.CharField()
    employee = serializers.CharField(
        source="employee.wecom_id", help_text=_("Who is to do it.")
    )
    due_at = Moment(read_only=True)
    done_at = Moment(read_only=True, allow_null=True)
    made_at = Moment(read_only=True)

    def get_contact_id(self, task: Task) -> str:
        return str(task.contact_id)


class TaskPageOut(PageOut):
    data = TaskOut(many=True)


class TaskIn(Strict):
    """What is next for a contact, who is to do it, and until when."""

    text = Text(max_length=200)
    due_at = Due()
    employee = Text(
        max_length=64,
        required=False,
        help_text=_("The account in WeCom. Without it: whoever looks after them."),
    )

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        if "employee" not in told:
            return {**told, "employee": None}
        return {**told, "employee": colleague(told["employee"])}


class DoneIn(Strict):
    done = serializers.BooleanField(help_text=_("Nothing but true."))

    def validate_done(self, told: bool) -> bool:
        if not told:
            raise serializers.ValidationError(_("Nothing but true."), "not_true")
        return told


class NoteOut(serializers.Serializer):
    id = Id(source="pk")
    contact_id = serializers.SerializerMethodField()
    text = serializers.CharField()
    author = serializers.CharField(
        source="author.employee.wecom_id",
        default=None,
        allow_null=True,
        help_text=_("Empty: another system, or somebody who has no account in WeCom."),
    )
    written_at = Moment(read_only=True)
    changed_at = Moment(read_only=True, allow_null=True)

    def get_contact_id(self, note: Note) -> str:
        return str(note.contact_id)


class NotePageOut(PageOut):
    data = NoteOut(many=True)


class NoteIn(Strict):
    text = Text(max_length=LONGEST)


class TaskFilter(FilterSet):
    status = ChoiceFilter(
        method="standing", choices=[("open", _("to be done")), ("done", _("done"))]
    )

    def standing(self, rows: Any, name: str, status: str) -> Any:
        return rows.filter(done_at__isnull=status == "open")


class TasksOfContact(ApiView):
    scopes = {"GET": Scope.LEADS_READ, "POST": Scope.LEADS_WRITE}
    parameters = frozenset({*TaskFilter.base_filters, *OURS})

    @extend_schema(
        operation_id="listTasksOfContact",
        description=_("What is to be done for a contact, and was: the latest first."),
        parameters=[CONTACT_ID, *documented(TaskFilter), *PAGING],
        responses=TaskPageOut,
        tags=["leads"],
    )
    def get(self, request: Request, contact_id: int) -> Response:
        tasks = Task.objects.filter(contact=whose(contact_id))
        rows = narrowed(TaskFilter, request, tasks.select_related("employee"))
        page = page_of(request, rows, by="due_at")
        return Response(page.answer(TaskOut(page.rows, many=True).data))

    @extend_schema(
        operation_id="addTask",
        description=_("Say what is next for a contact; its employee is reminded."),
        parameters=[CONTACT_ID, IDEMPOTENCY_KEY],
        request=TaskIn,
        examples=example(A_TASK),
        responses={201: TaskOut},
        tags=["leads"],
    )
    @once
    def post(self, request: Request, contact_id: int) -> Response:
        asked = TaskIn(data=request.data)
        asked.is_valid(raise_exception=True)
        told, now = asked.validated_data, timezone.now()
        contact = whose(contact_id)
        with transaction.atomic():
            task = add_task(
                contact=contact,
                text=told["text"],
                due_at=told["due_at"],
                employee=told["employee"] or contact.owner,
                by=None,
                at=now,
            )
            note_told(key=request.auth, deed="follow_up_told", at=now, task=task.pk)
        return Response(TaskOut(task).data, status=201)


class OneTask(ApiView):
    scopes = {"POST": Scope.LEADS_WRITE}

    @extend_schema(
        operation_id="finishTask",
        description=_("A task is done; it counts as a follow-up."),
        parameters=[TASK_ID, IDEMPOTENCY_KEY],
        request=DoneIn,
        examples=example({"done": True}),
        responses=TaskOut,
        tags=["leads"],
    )
    @once
    def post(self, request: Request, task_id: int) -> Response:
        asked = DoneIn(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        task = get_object_or_404(Task.objects.select_related("employee"), pk=task_id)
        with transaction.atomic():
            finish(task=task, by=None, at=now)
            note_told(key=request.auth, deed="follow_up_told", at=now, task=task.pk)
        task.refresh_from_db()
        return Response(TaskOut(task).data)


class NotesOfContact(ApiView):
    scopes = {"GET": Scope.LEADS_READ, "POST": Scope.LEADS_WRITE}
    parameters = frozenset(OURS)

    @extend_schema(
        operation_id="listNotesOfContact",
        description=_("What was written down about a contact, the latest first."),
        parameters=[CONTACT_ID, *PAGING],
        responses=NotePageOut,
        tags=["leads"],
    )
    def get(self, request: Request, contact_id: int) -> Response:
        rows = Note.objects.filter(contact=whose(contact_id))
        page = page_of(
            request, rows.select_related("author__employee"), by="written_at"
        )
        return Response(page.answer(NoteOut(page.rows, many=True).data))

    @extend_schema(
        operation_id="addNote",
        description=_(
            "Write down what was said. It counts as a follow-up, and colleagues whose "
            "names stand behind an @ are told."
        ),
        parameters=[CONTACT_ID, IDEMPOTENCY_KEY],
        request=NoteIn,
        examples=example(A_NOTE),
        responses={201: NoteOut},
        tags=["leads"],
    )
    @once
    def post(self, request: Request, contact_id: int) -> Response:
        asked = NoteIn(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        with transaction.atomic():
            note = write_down(
                text=asked.validated_data["text"],
                about=whose(contact_id),
                by=None,
                at=now,
            )
            note_told(key=request.auth, deed="follow_up_told", at=now, note=note.pk)
        return Response(NoteOut(note).data, status=201)


def colleague(account: str) -> Employee:
    found = Employee.objects.working().filter(wecom_id=account.lower()).first()
    if found is None:
        wrong = serializers.ErrorDetail(
            str(_("There is no such employee.")), "no_such_employee"
        )
        raise serializers.ValidationError({"employee": [wrong]})
    return found
