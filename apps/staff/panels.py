"""The places on an employee's page and in the list of employees.

Apps above bring what belongs there in their contact_panels.py: how many contacts an
employee serves, which groups are theirs.
"""

from apps.common.panels import Places

FIGURES = "figures"  # numbers under the name, each a link to the list behind it
MAIN = "main"  # cards below

EMPLOYEE_PAGE = Places()
