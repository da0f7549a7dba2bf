"""Three colleagues who stand at doors, here and in the sandbox corp."""

import pytest

from tests import make


@pytest.fixture
def people(corp, sandbox):
    """Three colleagues, here and in the corp."""
    found = []
    with corp.changing():
        corp.run("INSERT INTO department (id, name, parentid) VALUES (1, '公司', 0)")
        for name, wecom_id in (("林静", "ann"), ("周明", "ben"), ("陈晨", "cat")):
            corp.run(
                "INSERT INTO employee (userid, name, status, serves)"
                " VALUES (?, ?, 1, 1)",
                wecom_id,
                name,
            )
            corp.run(
                "INSERT INTO membership (userid, department) VALUES (?, 1)", wecom_id
            )
            found.append(make.employee(name, wecom_id=wecom_id))
    return found
