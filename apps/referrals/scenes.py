"""What referrals bring to tag rules: brought so many friends. It counts once for each
invite, however often the number is reached again."""

from django.utils.translation import gettext_lazy as _

from apps.campaigns.scenes import campaigns
from apps.referrals.events import TallyChanged
from apps.rules.fields import Option
from apps.rules.shapes import Shape
from apps.segments.scenes import Scene

FRIENDS = Option(
    name="friends",
    title=_("friends who count, at least"),
    shape=Shape.NUMBER,
    required=True,
    sql="%(friends)s <= (SELECT sum(credit.points) FROM referrals_credit AS credit"
    " WHERE credit.invite_id = (row.facts->>'invite_id')::bigint)",
)
BROUGHT = Scene(
    name="friends_brought",
    title=_("brought friends by an invite"),
    event=TallyChanged,
    fact="invite_id",
    options=(FRIENDS, campaigns()),
)
