"""The sandbox answers what the fact sheet says, file by file."""

import pytest

from apps.sandbox.calls.registry import CALLS
from tests.sandbox.golden import FILES, Replay, steps_of


class Stage:
    """The little corp, asked step by step what a file says."""

    def __init__(self, call, clock) -> None:
        self.call = call
        self.clock = clock
        self.replay = Replay()
        self.fetch_tokens()

    def fetch_tokens(self) -> None:
        credentials = self.call.server.corp.credentials
        for name, secret in (
            ("tok_app", credentials.app_secret),
            ("tok_contacts", credentials.contacts_secret),
        ):
            self.call.secret = secret
            self.replay.learn(name, self.call.fetch_token())

    def give(self, given: dict) -> None:
        server = self.call.server
        server.corp.knobs.turn(**given.get("knobs", {}))
        server.faults.replace(given.get("faults", []))
        for act in given.get("do", []):
            about = self.replay.real({**act})
            learned = about.pop("learn", {})
            done = server.corp.do(about.pop("act"), **about)
            for name, golden in learned.items():
                self.replay.learn(golden, done[name])
        self.clock.move(given.get("later", 0))
        if given.get("new_token"):
            self.fetch_tokens()

    def play(self, step: dict) -> list[str]:
        """What the answer has that the file has not, or the other way round."""
        self.give(step.get("given", {}))
        request = self.replay.real(step["request"])
        status, headers, answer = self.call.ask(
            request["path"],
            body=request["body"],
            raw=request.get("raw"),
            query=request["query"],
            method=request["method"],
            base="",
        )
        found = self.replay.differences(step["answer"], answer)
        if found and "or" in step:
            found = self.replay.differences(step["or"], answer)
        if status != step.get("status", 200):
            found.append(f"status {status}")
        if status == 200 and headers["Error-Code"] != str(answer.get("errcode", 0)):
            found.append(f"Error-Code {headers['Error-Code']}")
        return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_answers_as_the_file_says(path, call, clock):
    stage = Stage(call, clock)

    for number, step in enumerate(steps_of(path), start=1):
        assert stage.play(step) == [], f"step {number}: {step['says']}"


def test_every_call_has_a_file_that_succeeds_and_one_that_fails():
    steps = [step for path in FILES for step in steps_of(path)]
    succeed = {one["call"] for one in steps if not one["answer"].get("errcode")}
    fail = {one["call"] for one in steps if one["answer"].get("errcode")}

    assert set(CALLS) - succeed == set()
    # These have no parameters of their own, or fail only as every call does.
    assert set(CALLS) - fail == {
        "department/simplelist",
        "externalcontact/get_strategy_tag_list",
        "externalcontact/get_unassigned_list",
        "externalcontact/resigned/transfer_result",
        "externalcontact/transfer_result",
        "getcallbackip",
        "user/list",
    }
