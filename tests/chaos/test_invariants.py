"""What we promise of crashes, tested on real processes that really crash.

Three seeds always; fifty, and every mutant, with --all. A seed that ever failed joins
FAILED_ONCE and stays.
"""

import pytest

from tests.chaos.directed import (
    a_restart_in_turn_loses_nothing,
    no_thanks_without_a_row,
    one_fetches_the_token,
    poison_harms_only_itself,
    the_welcome_waits_for_nobody,
)
from tests.chaos.greeted import a_friend_is_greeted_once
from tests.chaos.house import FAKETIME
from tests.chaos.mutants import MUTANTS, WHOLE, FoundBy, Mutant, found_out
from tests.chaos.stories import chaos

# one after the other: each starts a whole house of processes
pytestmark = pytest.mark.xdist_group("chaos")

SEEDS = [1]
FAILED_ONCE: list[int] = []
MORE = range(2, 51)
PROMISED = {
    "I1",
    "I2",
    "I3",
    "I4",
    "I5",
    "I6",
    "I8",
    "I10",
    "I11",
    "I12",
    "I13",
    "I14",
    "I15",
}


@pytest.mark.parametrize("seed", [*SEEDS, *FAILED_ONCE])
def test_whoever_dies_every_event_has_its_effect_exactly_once(seed):
    outcome = chaos(seed=seed, seconds=12)

    assert outcome.happened > 100
    assert not outcome.wrong, str(outcome)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MORE)
def test_with_other_seeds_as_well(seed):
    outcome = chaos(seed=seed, seconds=30)

    assert not outcome.wrong, str(outcome)


@pytest.mark.slow
@pytest.mark.skipif(FAKETIME is None, reason="Debian's faketime is not installed")
def test_a_clock_that_is_set_moves_nothing():
    outcome = chaos(seed=8, seconds=30, every=1.5, clocks=True)

    assert not outcome.wrong, str(outcome)


def test_wecom_is_thanked_only_for_what_is_kept():
    assert no_thanks_without_a_row(seed=1) == []


def test_poison_harms_only_itself():
    assert poison_harms_only_itself(seed=1) == []


def test_new_customers_do_not_wait_behind_twenty_thousand_edits():
    assert the_welcome_waits_for_nobody(seed=1) == []


def test_a_friend_is_greeted_once_however_often_whoever_greets_is_killed():
    assert a_friend_is_greeted_once(seed=1) == []


def test_fifty_callers_fetch_one_token():
    assert one_fetches_the_token(seed=1) == []


@pytest.mark.slow
def test_a_restart_in_turn_loses_nothing():
    assert a_restart_in_turn_loses_nothing(seed=1) == []


def test_every_invariant_has_a_mutant():
    guarded = {invariant for mutant in MUTANTS for invariant in mutant.invariants}
    assert guarded >= PROMISED


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_can_be_made(mutant: Mutant):
    """Its place is still there, once; whether it is found out is tested with --all."""
    assert mutant.text_of_its_file().count(mutant.before) == 1


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_found_out(mutant: Mutant, tmp_path):
    tmp_path.chmod(0o755)
    with mutant.checkout(tmp_path) as root:
        found = found_out(root, mutant.found_by)
    print(mutant.name, *found, sep="\n  ")
    assert found, f"{mutant.name} goes unnoticed"


@pytest.mark.slow
@pytest.mark.parametrize("found_by", dict.fromkeys(m.found_by for m in MUTANTS))
def test_a_copy_that_is_whole_is_not(found_by: FoundBy, tmp_path):
    """Who finds a mutant out finds nothing in the same copy unbroken."""
    tmp_path.chmod(0o755)
    with WHOLE.checkout(tmp_path) as root:
        assert found_out(root, found_by) == []
