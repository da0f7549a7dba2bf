"""The link to a file that is taken out: for whoever asked for it, in their session.

It is signed, and dies after a day or when they sign out, whichever comes first.
"""

import hashlib
from urllib.parse import urlencode

from django.core import signing
from django.http import HttpRequest, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from apps.exports.models import ALIVE, Export
from apps.exports.writing import file_of

TYPES = {
    Export.Form.CSV: "text/csv; charset=utf-8",
    Export.Form.XLSX: "application/vnd.openxmlformats-officedocument"
    ".spreadsheetml.sheet",
}
LINK = "a file that is taken out"


def opened_by(key: str, request: HttpRequest) -> Export | None:
    """Whose link it is, and was given to in this session."""
    try:
        pk, session = signing.loads(key, salt=LINK, max_age=ALIVE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if session != session_of(request):
        return None
    return Export.objects.filter(pk=pk, by=request.user.pk).first()


def as_file(shown: Export) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        file_of(shown),
        content_type=TYPES[Export.Form(shown.form)],
        headers={
            "Content-Disposition": content_disposition_header(True, shown.name),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


def link_to(shown: Export, request: HttpRequest) -> str:
    key = signing.dumps([shown.pk, session_of(request)], salt=LINK)
    return f"{reverse('admin:exports_export_file')}?{urlencode({'key': key})}"


def session_of(request: HttpRequest) -> str:
    """It is another after signing out: links die with the session."""
    key = request.session.session_key or ""
    return hashlib.sha256(key.encode()).hexdigest()[:32]
