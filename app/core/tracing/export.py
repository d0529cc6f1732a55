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

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

END_SEC: Final = 2.0  # of the seconds that gunicorn gives a process after its streams
SAMPLER: Final = "OTEL_TRACES_SAMPLER"
TALKATIVE: Final = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.sdk._shared_internal",
)
QUOTING: Final = "opentelemetry.trace"  # its warnings quote headers, which may hold anything

logger = logging.getLogger(__name__)


class _LogThrottle(logging.Filter):
    """Lets one line through in LOG_AGAIN_SEC: while a receiver is down there are many."""

    _told_at: float | None = None
    is_ending = False  # then no line passes: `_end` says what is lost

    def filter(self, _: logging.LogRecord) -> bool:
        """Whether this line is let through."""
        now = monotonic()
        if self._told_at is not None and now - self._told_at < LOG_AGAIN_SEC:
            return False
        self._told_at = now
        return not self.is_ending


@asynccontextmanager
async def open_tracing(name: str, url: str | None) -> AsyncIterator[Tracer | None]:
    """Makes spans of the service `name` that go to `url`; None without one.

    A thread sends them, so it is to be opened by the process that serves, and not before a fork.
    """
    if url is None:
        yield None
        return
    throttle = _LogThrottle()
    provider = await asyncio.to_thread(_create_provider, name, url, throttle)
    try:
        yield provider.get_tracer("brag", version)
    finally:
        throttle.is_ending = True
        await _end(provider)


def _create_provider(name: str, url: str, throttle: _LogThrottle) -> "TracerProvider":
    # Most have no use for it, and it takes 3 MB.
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import OTELResourceDetector, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from app.core.tracing.sampling import default_sampler

    for talkative in TALKATIVE:
        logging.getLogger(talkative).filters[:] = [throttle]  # replaces the SDK's own
    logging.getLogger(QUOTING).setLevel(logging.ERROR)
    own = Resource({"service.name": name, "service.version": version})
    named = own.merge(OTELResourceDetector().detect())  # the environment's values win
    provider = TracerProvider(
        None if environ.get(SAMPLER) else default_sampler(),  # None: the SDK reads the variable
        Resource.create(named.attributes),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    return provider


async def _end(provider: "TracerProvider") -> None:
    """Sends what is left; a receiver that hangs holds nobody up, not even the end of Python."""
    ending = threading.Thread(target=provider.shutdown, daemon=True)
    ending.start()
    await asyncio.to_thread(ending.join, END_SEC)
    if ending.is_alive():
        logger.warning("The last spans were not taken within %d s, and are lost", END_SEC)
