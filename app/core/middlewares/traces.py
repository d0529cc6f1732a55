"""The span of a request, by OpenTelemetry's conventions for HTTP."""

from contextlib import AbstractContextManager
from http import HTTPStatus

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, get_current_span
from starlette.datastructures import Headers
from starlette.types import Scope

from app.core.constants import ANY_HOST_PATHS, HTTP_METHODS, OTHER
from app.core.tracing.spans import NO_SPAN, PROPAGATOR, traced


def request_span(scope: Scope) -> AbstractContextManager[Span]:
    """A span for a block that answers a request, as a part of its client's trace if there is one.

    It holds the route, and neither the path nor the query, which are the client's words. Health
    checks and metrics, which are asked for all the time, have no span. Nor has a request that is
    not sampled; but where its client has a trace, the model and the log are told the ids of that.
    """
    tracer: Tracer | None = scope.get("state", {}).get("tracer")
    if tracer is None or scope["path"] in ANY_HOST_PATHS:
        return NO_SPAN
    method = scope["method"] if scope["method"] in HTTP_METHODS else OTHER
    attributes = {"http.request.method": method, "url.scheme": scope["scheme"]}
    parent = PROPAGATOR.extract(Headers(scope=scope), Context())
    root = tracer.start_span(_method_in_name(method), parent, SpanKind.SERVER, attributes)
    is_of_client = get_current_span(parent).get_span_context().is_valid
    return traced(tracer, root) if root.is_recording() or is_of_client else NO_SPAN


def note_response(span: Span, scope: Scope, status: int) -> None:
    """Notes how a request has ended, and which endpoint answered it."""
    if not span.is_recording():
        return
    noted: dict[str, str | int] = {"http.response.status_code": status}
    route = route_of(scope)
    if route:
        noted["http.route"] = route
        span.update_name(f"{_method_in_name(scope['method'])} {route}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        noted["error.type"] = str(status)
        span.set_status(StatusCode.ERROR)
    span.set_attributes(noted)


def route_of(scope: Scope) -> str:
    """The template of the endpoint that answers a request, empty where there is none."""
    route: str = getattr(scope.get("route"), "path", "")
    return route


def _method_in_name(method: str) -> str:
    return method if method in HTTP_METHODS else "HTTP"
