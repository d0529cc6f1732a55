"""The pages, and the files that they are made of: they hold nothing of anybody's.

These endpoints are no coroutines: FastAPI runs them in a thread, in which they read files.
"""

from html import escape
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response

from app.core.exceptions import NotFound
from app.core.ranges import is_known
from app.web.files import load_assets, load_page

router = APIRouter(include_in_schema=False)

# The last line keeps scripts from giving texts to a parser of HTML (W3C Trusted Types).
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/")
def chat_page(request: Request) -> Response:
    """Questions, chats and documents."""
    return _page(request, "chat")


@router.get("/d/{uuid}")  # noqa: FAST003 - a script of the page reads it
def document_page(request: Request) -> Response:
    """A document, at the passage that the fragment names; the API says whether it is there."""
    return _page(request, "document")


@router.get("/login")
def login_page(request: Request) -> Response:
    """The page of a magic link: only its button uses the link up."""
    return _page(request, "login")


@router.get("/assets/{file}")
def asset(request: Request, file: str) -> Response:
    """A file of a page; a browser that has it asks whether it is still the same."""
    found = load_assets().get(file)
    if found is None:
        raise NotFound("There is no such file.")
    headers = {
        "Cache-Control": "no-cache",
        "ETag": found.etag,
        "Vary": "Accept-Encoding",
        "X-Content-Type-Options": "nosniff",
    }
    if is_known(request.headers, found.etag):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    content = found.content
    if "gzip" in request.headers.get("accept-encoding", ""):
        content = found.compressed
        headers["Content-Encoding"] = "gzip"
    return Response(content, media_type=found.media_type, headers=headers)


def _page(request: Request, name: str) -> Response:
    prefix = escape(request.scope["root_path"])
    html = load_page(name).replace("{prefix}", prefix)
    return Response(html, media_type="text/html", headers=PAGE_HEADERS)
