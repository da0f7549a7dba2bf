"""What the document says is told to each endpoint, and whom it may be told of."""

from typing import Any

from apps.common.api.schema import document
from tests import make

MADE = document()
TOLD = [(p, m["post"]["requestBody"]) for p, m in MADE["paths"].items() if "post" in m]
JSON = "application/json"


def example_of(body: dict) -> dict:
    [example] = body["content"][JSON]["examples"].values()
    return example["value"]


def known() -> dict[str, Any]:
    """The numbers in addresses: of somebody with a lead, a task and points enough."""
    linjing = make.employee("林静", wecom_id="linjing")
    contact = make.contact(owner=linjing)
    make.points_entry(contact, points=1_000)
    return {
        "contact_id": contact.pk,
        "lead_id": make.lead(contact).pk,
        "task_id": make.task(contact, employee=linjing).pk,
    }
