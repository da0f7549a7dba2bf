"""The doors of assignment: rules and pools, handovers."""

from apps.assignment.handover_admin import HandoverAdmin
from apps.assignment.pool_admin import PoolAdmin
from apps.assignment.rule_admin import AssignmentRuleAdmin

__all__ = ["AssignmentRuleAdmin", "HandoverAdmin", "PoolAdmin"]
