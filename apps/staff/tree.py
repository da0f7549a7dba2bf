"""The tree of departments: who is below whom, and how many work where.

An address book has some hundreds of departments: they are read at once, and the tree
is built here.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from apps.staff.models import Department, Posting


@dataclass(kw_only=True, eq=False)
class Branch:
    """A department with those below it; `people` work in it or below it."""

    department: Department
    own: set[int] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    branches: list["Branch"] = field(default_factory=list)
    above: "Branch | None" = None

    @property
    def path(self) -> list[Department]:
        """From the top down to itself."""
        above = self.above.path if self.above else []
        return [*above, self.department]

    @property
    def numbers(self) -> set[int]:
        """Itself and all below it."""
        return {branch.department.pk for branch in self.walk()}

    def walk(self) -> Iterator["Branch"]:
        yield self
        for branch in self.branches:
            yield from branch.walk()


@dataclass(frozen=True, kw_only=True)
class Tree:
    tops: list[Branch]
    branches: dict[int, Branch]

    def walk(self) -> Iterator[Branch]:
        for top in self.tops:
            yield from top.walk()


def read_tree() -> Tree:
    """All departments that exist, in WeCom's order, with who works in them."""
    standing = Department.objects.filter(deleted_at__isnull=True)
    branches = {d.pk: Branch(department=d) for d in standing}
    for employee, department in Posting.objects.values_list("employee", "department"):
        if department in branches:
            branches[department].own.add(employee)
    below: dict[int, list[Branch]] = defaultdict(list)
    for branch in branches.values():
        below[branch.department.parent_id or 0].append(branch)
    tree = Tree(tops=list(below.pop(0, [])), branches=branches)
    reached = hang(tree.tops, below)
    for pk, branch in branches.items():
        if pk not in reached:  # its parent is gone, or the tree bites its own tail
            tree.tops.append(branch)
            reached |= hang([branch], below)
    for top in tree.tops:
        count(top)
    return tree


def hang(tops: list[Branch], below: dict[int, list[Branch]]) -> set[int]:
    """Hang those below under these; answer whom that reached. Nobody hangs twice."""
    reached = {top.department.pk for top in tops}
    waiting = list(tops)
    while waiting:
        branch = waiting.pop()
        for child in below.pop(branch.department.pk, []):
            if child.department.pk not in reached:
                child.above = branch
                branch.branches.append(child)
                reached.add(child.department.pk)
                waiting.append(child)
    return reached


def count(branch: Branch) -> set[int]:
    branch.people = branch.own.union(*(count(child) for child in branch.branches))
    return branch.people
