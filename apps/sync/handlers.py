"""The table of callbacks: each kind WeCom sends and what we do about it.

A callback is a hint. Its own facts are written at once; what it names is read again
from WeCom where content matters. A kind that is not in the table is kept, marked as
ignored, and counted.
"""

from apps.sync import (
    heard_contacts,
    heard_groups,
    heard_links,
    heard_staff,
    heard_tags,
)

HANDLERS = {
    **heard_contacts.HANDLERS,
    **heard_groups.HANDLERS,
    **heard_links.HANDLERS,
    **heard_tags.HANDLERS,
    **heard_staff.HANDLERS,
}
