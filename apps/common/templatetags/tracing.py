"""The number under which a request stands in the logs."""

from django import template

from apps.common.tracing import request_id

register = template.Library()


@register.simple_tag
def this_request() -> str:
    """Known also where a template is given no request, as that of a 500 is."""
    return request_id.get()
