"""The span of a request, by OpenTelemetry's conventions for HTTP."""

from contextlib import AbstractContextManager
from http import HTTPStatus

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer
from starlette.datastructures import Headers
from starlette.types import Scope

from app.core.constants import ANY_HOST_PATHS, HTTP_METHODS, OTHER
from app.core.tracing.spans import NO_SPAN, PROPAGATOR, traced


def request_span(scope: Scope) -> AbstractContextManager[Span]:
    """The block answers a request, which may be a part of its client's trace.

    There is none for what only operators ask for, again and again. Its endpoint is all that it says
    of an address: the path and the query are the client's words.
    """
    tracer: Tracer | None = scope.get("state", {}).get("tracer")
    if tracer is None or scope["path"] in ANY_HOST_PATHS:
        return NO_SPAN
    method = scope["method"] if scope["method"] in HTTP_METHODS else OTHER
    attributes = {"http.request.method": method, "url.scheme": scope["scheme"]}
    parent = PROPAGATOR.extract(Headers(scope=scope), Context())
    root = tracer.start_span(_named(method), parent, SpanKind.SERVER, attributes)
    return traced(tracer, root)


def note_response(span: Span, scope: Scope, status: int) -> None:
    """How a request has ended, and by which endpoint."""
    if not span.is_recording():
        return
    noted: dict[str, str | int] = {"http.response.status_code": status}
    route = route_of(scope)
    if route:
        noted["http.route"] = route
        span.update_name(f"{_named(scope['method'])} {route}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        noted["error.type"] = str(status)
        span.set_status(StatusCode.ERROR)
    span.set_attributes(noted)


def route_of(scope: Scope) -> str:
    """The template of the endpoint that answers a request, empty where there is none."""
    route: str = getattr(scope.get("route"), "path", "")
    return route


def _named(method: str) -> str:
    return method if method in HTTP_METHODS else "HTTP"
