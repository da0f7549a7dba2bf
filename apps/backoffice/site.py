"""The admin site: sections, their order, who sees them."""

from unfold.sites import UnfoldAdminSite


class BackofficeSite(UnfoldAdminSite):
    """Unfold's site under our own name."""
