"""AssignmentRule, Assignment, whose turn it is; and by way of here what pools are."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.assignment.pool_models import Notice, Pool, Protection
from apps.assignment.querysets import AssignmentQuerySet, RuleQuerySet
from apps.contacts.models import Contact
from apps.staff.models import Employee
from apps.tags.models import Tag


class AssignmentRule(models.Model):
    """Which contacts go to whom, and in which way they are dealt out.

    Rules are asked in the order of `place`; the first that describes a contact
    decides. The plan is that of a channel code: people with weights and caps, hours,
    special dates (see channels/plan.py). A person's total cap is how many they may
    have in hand.
    """

    class Strategy(models.TextChoices):
        IN_TURN = "in_turn", _("in turn: whoever has waited longest for this rule")
        WEIGHTED = "weighted", _("weighted: by the weights")
        LEAST_OPEN = "least_open", _("least in hand: whoever looks after fewest")
        LONGEST_IDLE = "idle", _("longest idle: whoever was given nobody for longest")

    name = models.CharField(_("name"), max_length=40)
    place = models.PositiveIntegerField(_("order"), default=0)
    rule = models.JSONField(
        _("conditions"), null=True, blank=True, help_text=_("None: everybody.")
    )
    plan = models.JSONField(_("plan"), default=dict)
    strategy = models.CharField(
        _("dealt out"),
        max_length=10,
        choices=Strategy.choices,
        default=Strategy.IN_TURN,
    )
    keeps = models.BooleanField(
        _("the same as before"),
        default=True,
        help_text=_("Whoever looked after them before, or was added, comes first."),
    )
    by_skill = models.BooleanField(
        _("by skill"),
        default=False,
        help_text=_("Only whoever has a skill among the contact's tags."),
    )
    pool = models.ForeignKey(
        Pool,
        verbose_name=_("else to the pool"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="rules",
        help_text=_("If nobody can be given them. None: to the general pool."),
    )
    is_on = models.BooleanField(_("switched on"), default=False)
    turns = models.PositiveIntegerField(_("turns"), default=0)
    version = models.PositiveIntegerField(_("version"), default=1)
    trouble = models.CharField(_("what is wrong"), max_length=300, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment rule")
        verbose_name_plural = _("assignment rules")
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"], name="one_assignment_rule_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Assignment(models.Model):
    """A contact is looked after by an employee, or waits in a pool, for a while.

    The open one decides who the owner is; who has none is owned by whoever their
    follows say (contacts/settle.py). One ends at the moment at which the next begins:
    `until` is not part of it. Nobody is in two hands, and none is ever rewritten.
    """

    not_moved_by_merge = (
        "The history of each stays its own; of two who are one the winner's counts, "
        "or the loser's where the winner was never given to anybody."
    )

    class How(models.TextChoices):
        FOLLOW = "follow", _("was added")
        RULE = "rule", pgettext_lazy("assignment", "by a rule")
        HAND = "hand", _("by hand")
        MANY = "many", _("in bulk")
        IMPORT = "import", _("by an import")
        CLAIM = "claim", _("claimed from a pool")
        RECLAIM = "reclaim", _("taken back: not followed up")
        RETURN = "return", _("given back")
        HANDOVER = "handover", _("handed over")
        CLIENT = "client", _("by another system")

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="assignments"
    )
    employee = models.ForeignKey(
        Employee,
        verbose_name=_("employee"),
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="assignments",
    )
    pool = models.ForeignKey(
        Pool,
        verbose_name=_("pool"),
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        related_name="assignments",
    )
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    how = models.CharField(_("how"), max_length=8, choices=How.choices)
    why = models.CharField(_("why"), max_length=300, blank=True)
    rule = models.ForeignKey(
        AssignmentRule,
        verbose_name=_("rule"),
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="assignments",
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("assignment")
        verbose_name_plural = _("assignments")
        ordering = ["-since", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(until__isnull=True),
                name="one_open_assignment_per_contact",
            ),
            models.CheckConstraint(
                condition=Q(employee__isnull=True) ^ Q(pool__isnull=True),
                name="either_in_a_hand_or_in_a_pool",
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
                name="an_assignment_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(
                fields=["contact", "-since", "-id"], name="assignments_of_a_contact"
            ),
            models.Index(
                fields=["employee", "-since"],
                condition=Q(until__isnull=True, employee__isnull=False),
                name="assignments_in_hand",
            ),
            models.Index(
                fields=["pool", "-since", "-id"],
                condition=Q(until__isnull=True, pool__isnull=False),
                name="assignments_in_a_pool",
            ),
            models.Index(
                fields=["pool", "-since"],
                condition=Q(how__in=["return", "reclaim"]),
                name="assignments_that_came_back",
            ),
            models.Index(
                fields=["employee", "how", "-since"],
                condition=Q(employee__isnull=False),
                name="assignments_of_an_employee",
            ),
            models.Index(
                fields=["rule", "-since"],
                condition=Q(rule__isnull=False),
                name="assignments_by_a_rule",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} · {self.employee_id or self.pool_id}"


class Dealt(models.Model):
    """How often an employee was given somebody by a rule, and when last.

    `number` is the rule's count of turns then; `credit` is what the weights owe them
    (see channels/choose.py).
    """

    rule = models.ForeignKey(
        AssignmentRule, on_delete=models.CASCADE, db_index=False, related_name="dealt"
    )
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
    given = models.PositiveIntegerField(_("given"), default=0)
    number = models.PositiveIntegerField(_("last turn"), default=0)
    credit = models.IntegerField(_("owed"), default=0)

    class Meta:
        verbose_name = _("turn of a rule")
        verbose_name_plural = _("turns of rules")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "employee"], name="one_dealt_per_rule_and_employee"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} · {self.employee_id}"


class Skill(models.Model):
    """An employee knows about what a tag says: such contacts are theirs."""

    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="skills"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("skill")
        verbose_name_plural = _("skills")
        constraints = [
            models.UniqueConstraint(
                fields=["employee", "tag"], name="one_skill_per_tag"
            )
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} · {self.tag_id}"


from apps.assignment.handover_models import Handover, Offer  # noqa: E402

__all__ = [
    "Assignment",
    "AssignmentRule",
    "Dealt",
    "Handover",
    "Notice",
    "Offer",
    "Pool",
    "Protection",
    "Skill",
]
