"""The login page, and the files that pages are made of: they hold nothing of anybody's."""

from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Response

from app.core.exceptions import NotFound

router = APIRouter(include_in_schema=False)

ASSETS: Final = {"login.css": "text/css", "login.js": "text/javascript"}
PAGE_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/login")
def login_page() -> Response:
    """The page of a magic link: only its button uses the link up. FastAPI reads it in a thread."""
    page = files("app.web").joinpath("login.html").read_bytes()
    return Response(page, media_type="text/html", headers=PAGE_HEADERS)


@router.get("/assets/{file}")
def asset(file: str) -> Response:
    """A file of a page."""
    if file not in ASSETS:
        raise NotFound("There is no such file.")
    content = files("app.web").joinpath("assets", file).read_bytes()
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
    return Response(content, media_type=ASSETS[file], headers=headers)
