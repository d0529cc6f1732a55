"""Contents of documents as responses: whole, in part, or not at all where the client has them."""

from http import HTTPStatus
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import StreamingResponse

from app.core.caller import Caller
from app.core.handlers import error_response
from app.core.ranges import is_known, wanted_range
from app.documents.contents import Content, ContentService
from app.documents.exceptions import RangeNotSatisfiable


def download(
    request: Request, caller: Caller, contents: ContentService, content: Content
) -> Response:
    """The content, or the bytes of it that the request asks for (RFC 9110, 13 and 14)."""
    etag = f'"{content.sha256}"'
    # Of one user: no cache that others share may keep it.
    headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    if is_known(request.headers, etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    try:
        wanted = wanted_range(request.headers, etag, content.bytes)
    except ValueError:
        refusal = error_response(
            RangeNotSatisfiable(f"There are {content.bytes} bytes: ask for some of these.")
        )
        refusal.headers["Content-Range"] = f"bytes */{content.bytes}"
        return refusal
    headers |= {"Content-Type": content.media_type, "X-Content-Type-Options": "nosniff"}
    if content.kind == "file":
        headers["Content-Disposition"] = _attachment(content.name)
    status = HTTPStatus.OK
    if wanted is None:
        wanted = range(content.bytes)
    else:
        status = HTTPStatus.PARTIAL_CONTENT
        headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{content.bytes}"
    headers["Content-Length"] = str(len(wanted))
    return StreamingResponse(contents.read(caller, content, wanted), status, headers)


def _attachment(name: str) -> str:
    """The name twice, for clients that know no more than ASCII (RFC 6266, appendix D)."""
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
