"""Sends spans to an OTLP receiver by OpenTelemetry's SDK, where there is one.

The SDK reads its own variables: the sampler, headers, names, batches.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from os import environ
from time import monotonic
from typing import TYPE_CHECKING, Final

from opentelemetry.trace import Tracer

from app import version
from app.core.constants import LOG_AGAIN_SEC
from settings import Settings, export_variables

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

END_SEC: Final = 2.0  # of the seconds that gunicorn gives a process after its streams
VARIABLES: Final = "OTEL_"
OWN_ENDPOINT: Final = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
TALKATIVE: Final = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._shared_internal",
)

logger = logging.getLogger(__name__)


class _Seldom(logging.Filter):
    """Lets a line through each LOG_AGAIN_SEC: while a receiver is down there are many."""

    _told_at: float | None = None
    is_ending = False  # then what is lost is told of in one line of ours

    def filter(self, _: logging.LogRecord) -> bool:
        """Whether this line is let through."""
        now = monotonic()
        if self._told_at is not None and now - self._told_at < LOG_AGAIN_SEC:
            return False
        self._told_at = now
        return not self.is_ending


@asynccontextmanager
async def open_tracing(settings: Settings) -> AsyncIterator[Tracer | None]:
    """Makes spans that go to OTEL_EXPORTER_OTLP_ENDPOINT; None where that is not set.

    A thread sends them, so it is to be opened by the process that serves, and not before a fork.
    """
    if settings.OTEL_EXPORTER_OTLP_ENDPOINT is None:
        yield None
        return
    seldom = _Seldom()
    provider = await asyncio.to_thread(
        _create_provider, settings.APP_NAME, settings.OTEL_EXPORTER_OTLP_ENDPOINT, seldom
    )
    try:
        yield provider.get_tracer("brag", version)
    finally:
        seldom.is_ending = True
        await _end(provider)


def _create_provider(name: str, endpoint: str, seldom: _Seldom) -> "TracerProvider":
    export_variables(VARIABLES)
    # Most have no use for it, and it takes 3 MB.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    for talkative in TALKATIVE:
        logging.getLogger(talkative).filters[:] = [seldom]  # in the place of the SDK's own
    own = Resource({"service.name": name, "service.version": version})
    named = own.merge(OTELResourceDetector().detect())  # what the environment says goes before
    provider = TracerProvider(resource=Resource.create(named.attributes), shutdown_on_exit=False)
    url = environ.get(OWN_ENDPOINT) or f"{endpoint.rstrip('/')}/v1/traces"
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    return provider


async def _end(provider: "TracerProvider") -> None:
    """Sends what is left; a receiver that hangs holds nobody up, not even the end of Python."""
    ending = threading.Thread(target=provider.shutdown, daemon=True)
    ending.start()
    await asyncio.to_thread(ending.join, END_SEC)
    if ending.is_alive():
        logger.warning("The last spans were not taken within %d s, and are lost", END_SEC)
