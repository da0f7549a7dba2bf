"""What happens in the sandbox corp is seen in the admin a moment later."""

import re
import time

import requests

from scrm.embedded.part import wait_for
from tests.scrm.test_demo import demo

PATIENCE = 5.0  # seconds, as promised


class Visitor:
    """Somebody who signs in to the admin and looks at a contact."""

    def __init__(self, address: str, password: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False
        login = f"{address}login/"
        form = self.session.get(login, timeout=10).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token
        given = {
            "username": "admin",
            "password": password,
            "csrfmiddlewaretoken": token[1],
            "next": "/admin/",
        }
        answer = self.session.post(
            login, data=given, headers={"Referer": login}, timeout=10
        )
        assert "logout" in answer.text

    def sees(self, external_id: str, standing: str) -> bool:
        """Is the contact in the list, of that standing?"""
        query = {"q": external_id, "standing": standing}
        page = self.session.get(
            f"{self.address}contacts/contact/", params=query, timeout=10
        ).text
        return bool(re.search(r"/admin/contacts/contact/\d+/", page))


def test_a_new_contact_and_one_who_leaves_are_seen_within_five_seconds(clone):
    folder = clone("a clone")
    with demo(folder) as (process, address):
        lines = ""
        for line in process.stdout:
            lines += line
            if "company is in" in line:
                break
        corp = re.search(r"sandbox corp: (http://\S+)", lines)
        kept = (folder / "var/demo/environment").read_text()
        password = re.search(r"SCRM_DEMO_PASSWORD='(\w+)'", kept)
        assert corp and password, lines
        visitor = Visitor(address, password[1])

        added = do(corp[1], act="add")
        began = time.monotonic()
        assert wait_for(
            lambda: visitor.sees(added["external_userid"], "friend"), seconds=PATIENCE
        ), time.monotonic() - began

        do(
            corp[1],
            act="customer_leaves",
            userid=added["userid"],
            external_userid=added["external_userid"],
        )
        assert wait_for(
            lambda: visitor.sees(added["external_userid"], "left"), seconds=PATIENCE
        )


def do(corp: str, **what: str) -> dict:
    session = requests.Session()
    session.trust_env = False
    answer = session.post(f"{corp}/sandbox/do", json=what, timeout=10)
    answer.raise_for_status()
    return answer.json()
