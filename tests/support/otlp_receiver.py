"""A real OTLP receiver on loopback: HTTP with protobuf, as OpenTelemetry's collector takes it."""

from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, Final, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan

# The trace of a caller, whose header a request of a test carries.
CALLERS_TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
CALLERS_SPAN: Final = "b7ad6b7169203331"
TRACEPARENT: Final = {"traceparent": f"00-{CALLERS_TRACE}-{CALLERS_SPAN}-01"}

Attributes = dict[str, Any]


@dataclass(frozen=True)
class ReceivedSpan:
    """A span as a collector sees it; ids are in hexadecimal, and a root has no parent."""

    name: str
    kind: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: Attributes
    has_failed: bool
    start: int
    end: int

    @classmethod
    def of(cls, sent: SentSpan) -> Self:
        """The span that was sent as this."""
        return cls(
            name=sent.name,
            kind=SentSpan.SpanKind.Name(sent.kind).removeprefix("SPAN_KIND_"),
            trace_id=sent.trace_id.hex(),
            span_id=sent.span_id.hex(),
            parent_id=sent.parent_span_id.hex(),
            attributes={one.key: _value(one.value) for one in sent.attributes},
            has_failed=sent.status.code == sent.status.STATUS_CODE_ERROR,
            start=sent.start_time_unix_nano,
            end=sent.end_time_unix_nano,
        )


class OtlpReceiver:
    """Keeps what it is sent, which is all once the service has ended.

    With `hangs` it never answers; with a `code` other than 200 it wants no more for an hour.
    """

    def __init__(self, *, hangs: bool = False, code: int = HTTPStatus.OK) -> None:
        self.bodies: list[bytes] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.released = Event()
        if not hangs:
            self.released.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.paths.append(self.path)
                receiver.headers.append({name.lower(): text for name, text in self.headers.items()})
                receiver.bodies.append(body)
                receiver.released.wait()
                self.send_response(code)
                self.send_header("content-length", "0")
                if code != HTTPStatus.OK:
                    self.send_header("retry-after", "3600")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def resource(self) -> Attributes:
        """What the first request says of the service."""
        sent = ExportTraceServiceRequest.FromString(self.bodies[0])
        return {one.key: _value(one.value) for one in sent.resource_spans[0].resource.attributes}

    @property
    def spans(self) -> list[ReceivedSpan]:
        """All spans, in the order in which they began."""
        requests = map(ExportTraceServiceRequest.FromString, self.bodies)
        spans = [
            ReceivedSpan.of(sent)
            for request in requests
            for of_resource in request.resource_spans
            for of_scope in of_resource.scope_spans
            for sent in of_scope.spans
        ]
        return sorted(spans, key=lambda span: span.start)

    def trace(self, endpoint: str) -> list[ReceivedSpan]:
        """The spans of the last request that an endpoint has answered, the root first."""
        spans = self.spans
        root = [span for span in spans if span.name == endpoint][-1]
        return [span for span in spans if span.trace_id == root.trace_id]

    def span(self, endpoint: str, name: str) -> ReceivedSpan:
        """The one span of this name in that trace."""
        [span] = [span for span in self.trace(endpoint) if span.name == name]
        return span


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(one) for one in value.array_value.values]
    return getattr(value, kind) if kind else None
