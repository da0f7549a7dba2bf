"""A list whose rows can be ticked, and something done to all of them."""

from typing import Any

from apps.common.listing import ListPage
from apps.lists.actions import actions_of


class ActsOnMany(ListPage):
    """Beside ListPage in the bases of an admin; its rows draw boxes for `acts`."""

    many_template = "admin/lists/many.html"

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        asked = request.GET.copy()
        asked.pop("p", None)
        acts = actions_of(self.opts.label_lower, user=request.user)
        more = {
            "acts": acts,
            "acts_list": self.opts.label_lower,
            "acts_query": asked.urlencode(),
            "many_template": self.many_template if acts else "",
        }
        return super().changelist_view(request, {**more, **(extra_context or {})})
