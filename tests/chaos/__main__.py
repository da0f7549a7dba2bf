"""./run chaos [--seed N] [--minutes N]: everything goes wrong, and nothing is lost."""

import argparse
import random
import signal
import sys

from tests.chaos import machines
from tests.chaos.house import FAKETIME
from tests.chaos.stories import chaos


def main() -> int:
    parser = argparse.ArgumentParser(prog="./run chaos", description=__doc__)
    parser.add_argument("--seed", type=int, help="replay a run; else by chance")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--per-second", type=float, default=15)
    parser.add_argument(
        "--every", type=float, default=3.0, help="seconds between two blows"
    )
    parser.add_argument(
        "--machines",
        choices=["redis", "rabbitmq"],
        help="on three hosts in network namespaces (needs root and Debian's packages)",
    )
    parser.add_argument(
        "--clocks", action="store_true", help="set clocks too (Debian's faketime)"
    )
    options = parser.parse_args()
    if options.clocks and FAKETIME is None:
        raise SystemExit("No clock can be set: faketime is not installed.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    seed = options.seed or random.randrange(1, 10**6)
    print(f"seed {seed}", flush=True)
    how = {"seconds": options.minutes * 60, "per_second": options.per_second}
    if options.machines:
        outcome = machines.run(options.machines, seed=seed, **how)
    else:
        outcome = chaos(seed=seed, every=options.every, clocks=options.clocks, **how)
    print(outcome)
    return int(bool(outcome.wrong))


if __name__ == "__main__":
    sys.exit(main())
