"""Departments come, move and go; the contact-sync receiver hears of it."""

from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.registry import act
from apps.sandbox.acts.staff import EVENT
from apps.sandbox.names import PLACES
from apps.sandbox.records import CannotDo, Records


@act
def department_create(
    corp: Records,
    *,
    at: int,
    id: int | None = None,
    name: str | None = None,
    parentid: int = 1,
    order: int = 0,
) -> dict[str, Any]:
    pick.department(corp, parentid)
    id = id or (corp.value("SELECT max(id) FROM department") or 0) + 1
    if corp.value("SELECT 1 FROM department WHERE id = ?", id):
        raise CannotDo(f"There is a department {id} already.")
    name = name or f"{corp.random.choice(PLACES)}{id}部"
    corp.run(
        'INSERT INTO department (id, name, parentid, "order") VALUES (?, ?, ?, ?)',
        id,
        name,
        parentid,
        order,
    )
    elements = {"Name": name} if corp.knobs.contacts_events == "full" else {}
    tell_of_department(corp, "create_party", at, id, ParentId=parentid, **elements)
    return {"id": id, "name": name, "parentid": parentid}


@act
def department_update(
    corp: Records,
    *,
    at: int,
    id: int | None = None,
    name: str | None = None,
    parentid: int | None = None,
) -> dict[str, Any]:
    """A department is renamed, or moved under another one."""
    department = pick.department(corp, id)
    if name is None and parentid is None:
        name = f"{corp.random.choice(PLACES)}{department['id']}部"
    elements: dict[str, Any] = {}
    if name is not None:
        corp.run("UPDATE department SET name = ? WHERE id = ?", name, department["id"])
        elements |= {"Name": name} if corp.knobs.contacts_events == "full" else {}
    if parentid is not None:
        if parentid in descendants(corp, department["id"]):
            raise CannotDo("A department cannot stand below itself.")
        pick.department(corp, parentid)
        corp.run(
            "UPDATE department SET parentid = ? WHERE id = ?",
            parentid,
            department["id"],
        )
        elements["ParentId"] = parentid
    if elements:
        tell_of_department(corp, "update_party", at, department["id"], **elements)
    return {"id": department["id"], "name": name, "parentid": parentid}


@act
def department_delete(
    corp: Records, *, at: int, id: int | None = None
) -> dict[str, Any]:
    """An empty department is deleted."""
    if id is None:
        found = pick.any_of(
            corp,
            "SELECT * FROM department WHERE id > 1"
            " AND id NOT IN (SELECT department FROM membership)"
            " AND id NOT IN (SELECT parentid FROM department)",
        )
        id = found["id"] if found else None
    if id is None:
        raise CannotDo("No department is empty.")
    department = pick.department(corp, id)
    if (
        department["id"] == 1
        or len(descendants(corp, id)) > 1
        or corp.value("SELECT 1 FROM membership WHERE department = ?", id)
    ):
        raise CannotDo(f"Department {id} is not empty.")
    corp.run("DELETE FROM department WHERE id = ?", id)
    tell_of_department(corp, "delete_party", at, id)
    return {"id": id}


def descendants(corp: Records, department: int) -> list[int]:
    """The department and all below it."""
    found = corp.rows(
        "WITH RECURSIVE below(id) AS (SELECT id FROM department WHERE id = ? UNION"
        " SELECT department.id FROM department JOIN below ON parentid = below.id)"
        " SELECT id FROM below",
        department,
    )
    return [row["id"] for row in found]


def tell_of_department(
    corp: Records, change: str, at: int, id: int, **elements: Any
) -> None:
    corp.tell(EVENT, change, at=at, receiver="contacts", Id=id, **elements)
