"""The parts of a request as spans of OpenTelemetry: docs/decisions/0068-traces.md.

Only what is done for a traced request makes spans; what the service does by itself makes none. No
span holds a text, a key or an address, and of an error it holds the code alone.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Final, NamedTuple

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
# What OpenTelemetry calls the two stores.
POSTGRES: Final = "postgresql"
QDRANT: Final = "qdrant"


class _Trace(NamedTuple):
    """The trace of a request; one that is not sampled has ids alone, for the model and the log."""

    tracer: Tracer
    is_sampled: bool


_trace: ContextVar[_Trace | None] = ContextVar("trace", default=None)


def span(
    name: str, attributes: Attributes = NO_ATTRIBUTES, kind: SpanKind = SpanKind.INTERNAL
) -> AbstractContextManager[Span]:
    """A span for a block that is a part of a request; none unless that is traced and sampled."""
    trace = _trace.get()
    if trace is None or not trace.is_sampled:
        return NO_SPAN
    return _running(trace.tracer.start_span(name, kind=kind, attributes=attributes))


def storage_span(system: str, query: str) -> AbstractContextManager[Span]:
    """A span for a block that asks a store; `query` is a name, without any values."""
    attributes = {"db.system.name": system, "db.query.summary": query}
    return span(query, attributes, SpanKind.CLIENT)


@contextmanager
def traced(tracer: Tracer, root: Span) -> Iterator[Span]:
    """Has the block, and the tasks that it starts, make their spans below `root`."""
    token = _trace.set(_Trace(tracer, root.get_span_context().trace_flags.sampled))
    try:
        with _running(root):
            yield root
    finally:
        _trace.reset(token)


def note_error(span: Span, error: BaseException) -> None:
    """Marks a span as failed, by the code of the error: what an error says may quote texts."""
    span.set_attribute("error.type", error_type(error))
    span.set_status(StatusCode.ERROR)


def error_type(error: BaseException | None) -> str:
    """The code of one of our errors, else the name of its class; empty without one."""
    if error is None:
        return ""
    code = getattr(type(error), "code", None)  # not the instance's: a library's may be any text
    return code if isinstance(code, str) else type(error).__name__


def trace_headers() -> dict[str, str]:
    """The headers by which another service goes on with this trace; none without one."""
    headers: dict[str, str] = {}
    if _trace.get() is not None:
        PROPAGATOR.inject(headers)
    return headers


def trace_fields() -> dict[str, str]:
    """The ids of the trace and the span that a log line belongs to; none without one."""
    if _trace.get() is None:
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
        span.end()  # before detach: what its end logs still carries the span's ids
        detach(token)
