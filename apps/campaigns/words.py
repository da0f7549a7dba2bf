"""How the audit calls what is done to campaigns, and their fields."""

from django.utils.translation import gettext_lazy as _

from apps.audit import telling

telling.DEEDS.update(
    {
        "launched": _("launched"),
        "closed": _("closed"),
        "prize_taken_back": _("took a prize back"),
        "prize_delivered": _("handed a prize out"),
        "address_seen": _("looked at the address"),
        "winners_exported": _("took the winners out as a table"),
    }
)
telling.FIELDS.update(
    {
        "starts_at": _("starts at"),
        "ends_at": _("ends at"),
        "join_cap": _("participants, at most"),
        "ends_without_stock": _("ends with its stock"),
        "new_friends_only": _("only new friends help"),
        "helps": _("how often one may help"),
        "mutual_help": _("two may help each other"),
        "credited": _("who gets the credit"),
        "window_hours": _("hours in which a later inviter takes over"),
        "settle_hours": _("hours until a helper counts"),
        "deduction": _("when a helper leaves"),
        "award": _("how prizes are given"),
        "joins_by_entry": _("whoever comes by the code takes part"),
        "joined_tags": _("tags for whoever takes part"),
        "won_tags": _("tags for whoever wins"),
        "keep_days": _("days for which codes still answer after the end"),
        "rules": _("rules in words"),
        "segment": _("audience"),
        "texts": _("texts"),
        "terms": _("terms of its kind"),
        "prizes": _("prizes"),
        "prize": _("prize"),
        "proof": _("proof"),
        "closed_by": _("why it was closed"),
    }
)
