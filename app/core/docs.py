"""The page /docs, from files that are installed: it works without the internet."""

from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.responses import HTMLResponse

from app.core.exceptions import NotFound

# Swagger UI, as the package fastapi-swagger holds it.
FILES: Final = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
    "favicon-32x32.png": "image/png",
}

router = APIRouter(prefix="/docs", include_in_schema=False)


@router.get("")
async def docs(request: Request) -> HTMLResponse:
    """The page. Its links are relative, so a proxy may put a prefix before them."""
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title=request.app.title,
        swagger_js_url="docs/swagger-ui-bundle.js",
        swagger_css_url="docs/swagger-ui.css",
        swagger_favicon_url="docs/favicon-32x32.png",
    )


@router.get("/{file}")
def docs_file(file: str) -> Response:
    """A file of the page; FastAPI reads it in a thread, since this is no coroutine."""
    if file not in FILES:
        raise NotFound("There is no such file.")
    content = files("fastapi_swagger").joinpath("resources", file).read_bytes()
    return Response(content, media_type=FILES[file])
