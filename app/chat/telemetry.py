"""What metrics and traces learn of a completion."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from opentelemetry.trace import Span

from app.chat.outcome import AnswerOutcome
from app.core.metrics.instruments import Metrics
from app.core.tracing.generative import chat_span, note_completion, note_first_text
from app.core.tracing.spans import note_error


class CompletionTelemetry:
    """Tells metrics and a span of one completion, from when the model is asked."""

    def __init__(self, metrics: Metrics, span: Span) -> None:
        self._metrics = metrics
        self._span = span
        self._started_at = perf_counter()

    def first_text(self, model: str, asked_at: float) -> None:
        """The text of a stream has begun; `asked_at` is when its client asked."""
        now = perf_counter()
        self._metrics.first_token(model, now - asked_at)
        note_first_text(self._span, now - self._started_at)

    def end(self, model: str, outcome: AnswerOutcome, error: Exception | None) -> None:
        """The completion has ended; `error` is what broke it off, also where no client is told."""
        self._metrics.completion(model, perf_counter() - self._started_at, error)
        if error is not None:
            note_error(self._span, error)
        usage = outcome.usage
        tokens = (usage.prompt_tokens, usage.completion_tokens) if usage else None
        if tokens is not None:
            self._metrics.tokens(model, *tokens)
        note_completion(self._span, model, outcome.finish_reason, tokens)


@contextmanager
def completion_telemetry(
    metrics: Metrics, model: str, *, stream: bool
) -> Iterator[CompletionTelemetry]:
    """For a block that asks a model."""
    with chat_span(model, stream=stream) as span:
        yield CompletionTelemetry(metrics, span)
