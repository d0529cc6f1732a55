"""The parts of a request as spans of OpenTelemetry: docs/decisions/0068-traces.md.

There are spans only while a traced request is worked for: what runs by itself makes none. No span
holds a text, a key or an address, and an error is told of by its code alone.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Final

from opentelemetry.context import attach, detach
from opentelemetry.trace import (
    INVALID_SPAN,
    Span,
    SpanKind,
    StatusCode,
    Tracer,
    format_span_id,
    format_trace_id,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

Attributes = Mapping[str, str | bool | int | float]

NO_SPAN: Final = nullcontext(INVALID_SPAN)
NO_ATTRIBUTES: Final[Attributes] = {}
PROPAGATOR: Final = TraceContextTextMapPropagator()  # and no baggage: it may hold anything

_tracer: ContextVar[Tracer | None] = ContextVar("tracer", default=None)  # of a traced request


def span(
    name: str, attributes: Attributes = NO_ATTRIBUTES, kind: SpanKind = SpanKind.INTERNAL
) -> AbstractContextManager[Span]:
    """The block is a part of the request; no span where that is not traced, or not sampled."""
    tracer = _tracer.get()
    if tracer is None or not get_current_span().get_span_context().trace_flags.sampled:
        return NO_SPAN
    return _running(tracer.start_span(name, kind=kind, attributes=attributes))


def storage_span(system: str, query: str) -> AbstractContextManager[Span]:
    """The block asks a store; `query` is what it is called, without any values."""
    attributes = {"db.system.name": system, "db.query.summary": query}
    return span(query, attributes, SpanKind.CLIENT)


@contextmanager
def traced(tracer: Tracer, root: Span) -> Iterator[Span]:
    """The block is the request that `root` stands for, as are the tasks that it starts."""
    token = _tracer.set(tracer)
    try:
        with _running(root):
            yield root
    finally:
        _tracer.reset(token)


def note_error(span: Span, error: BaseException) -> None:
    """Says that a span has failed. What an error says may quote texts: its code is enough."""
    span.set_attribute("error.type", error_type(error))
    span.set_status(StatusCode.ERROR)


def error_type(error: BaseException | None) -> str:
    """The code of one of our errors, else the name of its class; empty without one."""
    return "" if error is None else str(getattr(error, "code", type(error).__name__))


def trace_headers() -> dict[str, str]:
    """The headers by which another service goes on with this trace; none without one."""
    headers: dict[str, str] = {}
    if _tracer.get() is not None:
        PROPAGATOR.inject(headers)
    return headers


def trace_fields() -> dict[str, str]:
    """The ids of the trace and the span that a log line belongs to; none without one."""
    if _tracer.get() is None:
        return {}
    current = get_current_span().get_span_context()
    return {
        "trace_id": format_trace_id(current.trace_id),
        "span_id": format_span_id(current.span_id),
    }


@contextmanager
def _running(span: Span) -> Iterator[Span]:
    token = attach(set_span_in_context(span))
    try:
        yield span
    except BaseException as error:
        note_error(span, error)
        raise
    finally:
        detach(token)
        span.end()
