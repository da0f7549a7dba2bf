"""The doors of assignment: rules and pools."""

from apps.assignment.rule_admin import AssignmentRuleAdmin

__all__ = ["AssignmentRuleAdmin"]
