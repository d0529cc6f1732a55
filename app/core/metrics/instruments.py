"""What is counted and timed: docs/decisions/0067-metrics.md.

The names, labels and buckets of the first four are those of OpenTelemetry, as Prometheus writes
them. Every label has few values: none is a path, or a name that a client has invented.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.openmetrics.exposition import generate_latest

from app.core.background import background
from app.core.constants import HTTP_METHODS, OTHER
from app.core.metrics.folder import FOLDER_VARIABLE
from app.core.tracing.spans import error_type

SAMPLE_SEC: Final = 1.0
REQUEST_SEC: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
COMPLETION_SEC: Final = tuple(0.01 * 2**power for power in range(14))
FIRST_TOKEN_SEC: Final = (
    *(0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1),
    *(0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0),
)
TOKENS: Final = tuple(4**power for power in range(14))
JOB_SEC: Final = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 600, 1800)
MODEL_LABELS: Final = ("gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model")
CHAT: Final = ("chat", "openai")


class Metrics:
    """What one process counts; under gunicorn the processes of a server are shown together."""

    def __init__(self, models: Collection[str] = ()) -> None:
        """`models` are those that have a name of their own; every other is OTHER."""
        self._models = frozenset(models)
        self._registry = registry = CollectorRegistry()
        self._samples: list[tuple[Gauge, Callable[[], float]]] = []

        def histogram(
            name: str, about: str, labels: Collection[str], buckets: Collection[float]
        ) -> Histogram:
            return Histogram(name, about, labels, buckets=tuple(buckets), registry=registry)

        self._requests = histogram(
            "http_server_request_duration_seconds",
            "Requests, each to the end of its answer.",
            ("http_request_method", "http_route", "http_response_status_code"),
            REQUEST_SEC,
        )
        self._completions = histogram(
            "gen_ai_client_operation_duration_seconds",
            "Completions of the model upstream.",
            (*MODEL_LABELS, "error_type"),
            COMPLETION_SEC,
        )
        self._tokens = histogram(
            "gen_ai_client_token_usage",
            "Tokens of a completion, as the model upstream has counted them.",
            (*MODEL_LABELS, "gen_ai_token_type"),
            TOKENS,
        )
        self._first_tokens = histogram(
            "gen_ai_server_time_to_first_token_seconds",
            "Streams, from the question to the first text of the answer.",
            MODEL_LABELS,
            FIRST_TOKEN_SEC,
        )
        self._generations = Counter(
            "brag_generations",
            "Answers that have ended.",
            ("status", "error_type"),
            registry=registry,
        )
        self.without_sources = Counter(
            "brag_answers_without_sources",
            "Answers that said that the documents hold nothing on the question.",
            registry=registry,
        )
        self.retrieval = histogram(
            "brag_retrieval_duration_seconds", "Searches for passages.", (), REQUEST_SEC
        )
        self._jobs = histogram(
            "brag_job_duration_seconds",
            "Attempts at jobs; those of the kinds ingest, reingest and index are ingestion.",
            ("kind", "outcome"),
            JOB_SEC,
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has ended; `route` is the endpoint's template, empty where there is none."""
        known = method if method in HTTP_METHODS else OTHER
        self._requests.labels(known, route, status).observe(seconds)

    def completion(self, model: str, seconds: float, error: Exception | None) -> None:
        """The model has answered, or failed to."""
        self._completions.labels(*self._labels(model), error_type(error)).observe(seconds)

    def tokens(self, model: str, prompt: int, completion: int) -> None:
        """So many tokens went to the model, and came from it."""
        labels = self._labels(model)
        self._tokens.labels(*labels, "input").observe(prompt)
        self._tokens.labels(*labels, "output").observe(completion)

    def first_token(self, model: str, seconds: float) -> None:
        """The text of a stream has begun, so long after its question came."""
        self._first_tokens.labels(*self._labels(model)).observe(seconds)

    def generation(self, status: str, error: Exception | None = None) -> None:
        """An answer has ended."""
        self._generations.labels(status, error_type(error)).inc()

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        """An attempt at a job has ended."""
        self._jobs.labels(kind, outcome).observe(seconds)

    def watch(self, name: str, about: str, read: Callable[[], float]) -> None:
        """Shows what `read` returns, summed up over the processes that live."""
        gauge = Gauge(name, about, registry=self._registry, multiprocess_mode="livesum")
        self._samples.append((gauge, read))

    async def keep_sampling(self) -> None:
        """Samples again and again: other processes show the result, as they cannot call `read`."""
        while True:
            self.sample()
            await asyncio.sleep(SAMPLE_SEC)

    def sample(self) -> None:
        """Reads what is watched, and keeps the numbers as they are now."""
        for gauge, read in self._samples:
            gauge.set(read())

    def exposition(self, jobs: int | None = None) -> bytes:
        """All of it in OpenMetrics' text; `jobs` are those in Postgres. It reads files."""
        shown = CollectorRegistry()
        if FOLDER_VARIABLE in os.environ:
            MultiProcessCollector(shown)  # type: ignore[no-untyped-call]  # it registers itself
        else:
            shown.register(self._registry)
        shown.register(_JobCount(jobs))
        text: bytes = generate_latest(shown)  # type: ignore[no-untyped-call]
        return text

    def _labels(self, model: str) -> tuple[str, ...]:
        return (*CHAT, model if model in self._models else OTHER)


@asynccontextmanager
async def open_metrics(models: Collection[str]) -> AsyncIterator[Metrics]:
    """The metrics of this process, which counts as long as the block runs."""
    metrics = await asyncio.to_thread(Metrics, models)  # which opens files
    async with background(metrics.keep_sampling()):
        yield metrics


class _JobCount:
    """How many jobs there are in Postgres, where that is known: it is no count of a process."""

    def __init__(self, count: int | None) -> None:
        self._count = count

    def collect(self) -> Iterator[Metric]:
        """The metric, as the registry asks for it."""
        if self._count is not None:
            about = "Jobs on documents that are still to be done, by whichever process."
            yield GaugeMetricFamily("brag_jobs", about, self._count)
