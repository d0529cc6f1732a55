"""Lists a page at a time: `Link: <…>; rel="next"` (RFC 8288)."""

from typing import Any, Final

from fastapi import Request, Response

LINK_HEADER: Final[dict[str, Any]] = {
    "Link": {
        "description": 'The next page, as `<…>; rel="next"` (RFC 8288), while there is one.',
        "schema": {"type": "string"},
    }
}


def link_next(request: Request, response: Response, before: object) -> None:
    """Says where the page after this one is: the items before the last one of this page."""
    following = request.url.include_query_params(before=before)
    response.headers["Link"] = f'<{following.path}?{following.query}>; rel="next"'
