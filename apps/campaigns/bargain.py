"""A bargain: each helper takes a part off the price, down to the lowest.

The parts of a participant follow from their number alone. They differ, the first ones
are the larger, each is a fen at least, and all together they are exactly what lies
between the price and the lowest price. So the price is known from how many help.
"""

import hashlib

from apps.campaigns.kinds import BargainTerms, terms_of
from apps.campaigns.models import Participation


def parts(*, total: int, many: int, seed: str) -> list[int]:
    """`many` whole numbers above nothing that come to `total`."""
    shares = [share(seed, number) * (2 * many - number) for number in range(many)]
    rest, weight = total - many, sum(shares)
    # Where a share ends on the whole; so nothing is lost by rounding.
    ends, upto = [0], 0
    for each in shares:
        upto += each
        ends.append(rest * upto // weight)
    return [1 + ends[n + 1] - ends[n] for n in range(many)]


def share(seed: str, number: int) -> int:
    """Between 50 and 150."""
    digest = hashlib.sha256(f"{seed}:{number}".encode()).digest()
    return 50 + int.from_bytes(digest[:4]) % 101


def parts_of(participation: Participation) -> list[int]:
    terms: BargainTerms = terms_of(participation.campaign)
    return parts(
        total=terms.price - terms.floor,
        many=terms.helpers,
        seed=f"{participation.campaign.slug}:{participation.pk}",
    )


def price_for(participation: Participation, *, tally: int) -> int:
    """In fen, with so many helpers."""
    terms: BargainTerms = terms_of(participation.campaign)
    return terms.price - sum(parts_of(participation)[: max(tally, 0)])
