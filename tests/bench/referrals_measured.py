"""What `./run bench referrals` measures, in a process with the product's settings."""

import json
import os
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta

import django

django.setup()

import psycopg  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.campaigns.models import Campaign  # noqa: E402
from apps.channels.enter import enter  # noqa: E402
from apps.channels.models import Channel  # noqa: E402
from apps.contacts.follow import start_follows  # noqa: E402
from apps.contacts.rows import FollowRow  # noqa: E402
from apps.events.models import EventRecord  # noqa: E402
from apps.referrals.attribute import attribute  # noqa: E402
from apps.referrals.graph import (  # noqa: E402
    chain_above,
    fold,
    leaderboard,
    rank_of,
)
from apps.referrals.models import Credit, Delta, Invite, Referral  # noqa: E402
from apps.staff.models import Employee  # noqa: E402

CONNECTIONS, SECONDS, ROUNDS = 16, 4.0, 3
ASKED = 300
HEARD = 600
PLAIN = """
WITH came AS (
    INSERT INTO referrals_referral (campaign_id, invite_id, contact_id, refused, at)
    VALUES (%(campaign)s, %(invite)s, nextval('bench_helper'), '', now())
    RETURNING id, invite_id, at
)
INSERT INTO referrals_credit (referral_id, invite_id, kind, number, points, at)
SELECT id, invite_id, 'helped', 1, 1, at FROM came
"""
COUNTED = PLAIN.replace(
    "INSERT INTO referrals_credit",
    ", counted AS (INSERT INTO referrals_delta (invite_id, points)"
    " SELECT invite_id, 1 FROM came)\nINSERT INTO referrals_credit",
    1,
)
WRONG = """
WITH own AS (
    SELECT invite_id AS id, sum(points) AS points FROM referrals_credit GROUP BY 1
), truth AS (
    SELECT above.id, sum(own.points) AS total FROM own
    JOIN referrals_invite AS invite USING (id)
    CROSS JOIN LATERAL unnest(invite.path) AS above (id) GROUP BY 1
)
SELECT count(*) FROM referrals_invite AS invite
LEFT JOIN own USING (id) LEFT JOIN truth USING (id)
WHERE invite.direct <> coalesce(own.points, 0)
    OR invite.total <> coalesce(truth.total, 0)
"""


def main() -> None:
    campaign = Campaign.objects.get(slug="bench")
    folded = fold_everything()
    ask("VACUUM ANALYZE referrals_invite")
    hot = Invite.objects.filter(campaign=campaign).order_by("-direct").first()
    assert hot is not None
    told = {"folded": folded, "hot": under_one(campaign.pk, hot.pk)}
    fold_everything()
    told["wrong"] = one(WRONG)
    told |= asked(campaign)
    told |= heard(campaign, hot)
    print(json.dumps(told))


def ask(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def one(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        [value] = cursor.fetchone()
    return value


def fold_everything() -> float:
    many, began = 0, time.monotonic()
    while some := fold():
        many += some
    return many / (time.monotonic() - began)


def under_one(campaign: int, invite: int) -> float:
    """In turns; the median of the ratios."""
    ratios = []
    for _round in range(ROUNDS):
        plain, ours = (written(s, campaign, invite) for s in (PLAIN, COUNTED))
        ratios.append(ours / plain)
        # what was written without being counted is none of the tree's
        ask(f"DELETE FROM referrals_credit WHERE invite_id = {invite}")
        ask("DELETE FROM referrals_delta")
        ask(f"DELETE FROM referrals_referral WHERE invite_id = {invite}")
        ask(
            f"INSERT INTO referrals_delta (invite_id, points) SELECT id, -direct"
            f" FROM referrals_invite WHERE id = {invite} AND direct > 0"
        )
        fold_everything()
    return statistics.median(ratios)


def written(statement: str, campaign: int, invite: int) -> float:
    """Rows a second, each a transaction, from all connections at once."""
    counts = [0] * CONNECTIONS
    until = time.monotonic() + SECONDS

    def write(number: int) -> None:
        told = connection.get_connection_params()
        told = {k: told[k] for k in ("dbname", "user", "host", "port") if k in told}
        with psycopg.connect(**told, autocommit=True) as session:
            while time.monotonic() < until:
                session.execute(
                    statement.encode(),
                    {"campaign": campaign, "invite": invite},
                    prepare=True,
                )
                counts[number] += 1

    threads = [threading.Thread(target=write, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS


def asked(campaign: Campaign) -> dict[str, float]:
    deepest = list(
        Invite.objects.filter(campaign=campaign).order_by("-pk").only("pk", "path")[:50]
    )
    numbers = [pk for each in deepest for pk in each.path]

    def key(n: int) -> object:
        rows = Invite.objects.select_related("contact")
        return rows.get(pk=numbers[n % len(numbers)])

    by_key = median(key)
    some = [Invite.objects.get(pk=pk) for pk in numbers[:20]]
    return {
        "board": median(lambda n: leaderboard(campaign, whole_tree=True, most=10))
        / by_key,
        "tree": median(
            lambda n: Invite.objects.values_list("total").get(
                pk=numbers[n % len(numbers)]
            )
        )
        / by_key,
        "rank": median(lambda n: rank_of(some[n % 20], whole_tree=True)) * 1_000,
        "chain": median(lambda n: chain_above(deepest[n % 50])) * 1_000,
    }


def median(ask: Callable[[int], object]) -> float:
    took = []
    for number in range(ASKED):
        began = time.perf_counter()
        ask(number)
        took.append(time.perf_counter() - began)
    return statistics.median(took)


# --- from the callback's facts to the account -----------------------------------------


def heard(campaign: Campaign, hot: Invite) -> dict[str, float]:
    """Two processes, as two cores have them; each step in a transaction of its own:
    first all follows and entries, then what they count for. Rates per second."""
    who = Employee.objects.create(name="林静", wecom_id="bench", status=1, serves=True)
    plan = {"always": True, "people": [{"employee": who.pk}]}
    channel = Channel.objects.create(
        name="bench", state="cbench", status="published", plan=plan, named=[who.pk]
    )
    Campaign.objects.filter(pk=campaign.pk).update(channel=channel)
    state = f"cbench~{hot.ref}"
    connection.close()
    with ProcessPoolExecutor(2) as pool:
        parts = list(pool.map(come, [(part, state, who.pk) for part in range(2)]))
        counted = list(pool.map(count, [contacts for contacts, _took in parts]))
    many = sum(len(contacts) for contacts, _took in parts)
    came = max(took for _contacts, took in parts)
    assert Referral.objects.filter(invite=hot, refused="").count() >= many
    assert Credit.objects.filter(invite=hot).count() >= many
    assert Delta.objects.count() >= many
    return {"heard": many / max(counted), "whole": many / (came + max(counted))}


def come(told: tuple[int, str, int]) -> tuple[list[int], float]:
    """Who came, and in how many seconds that was written."""
    part, state, employee = told
    source = EventRecord.Source.CALLBACK
    contacts, began = [], time.monotonic()
    for number in range(HEARD):
        at = timezone.now() - timedelta(seconds=1)
        who = f"wmBench{os.getpid()}-{part}-{number}"
        row = FollowRow(external_id=who, employee_id=employee, began_at=at, state=state)
        outcome = start_follows([row], source=source)
        latest = outcome.follows[who, employee]
        enter(follow_id=latest.follow_id, state=state, source=source, at=at)
        contacts.append(latest.contact_id)
    connection.close()
    return contacts, time.monotonic() - began


def count(contacts: list[int]) -> float:
    began = time.monotonic()
    for contact_id in contacts:
        attribute(contact_id=contact_id, at=timezone.now())
    connection.close()
    return time.monotonic() - began


if __name__ == "__main__":
    main()
