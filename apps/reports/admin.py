"""Reports in the admin: each page stands in a module of its own."""

from apps.reports import cost_admin as cost_admin  # registers itself
from apps.reports import reckoning_admin as reckoning_admin  # registers itself
