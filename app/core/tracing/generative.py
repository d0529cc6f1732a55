"""Spans of OpenTelemetry's conventions for generative AI, which are still in development."""

from contextlib import AbstractContextManager
from typing import Final

from opentelemetry.trace import Span, SpanKind

from app.core.tracing.spans import span

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
MODEL: Final = "gen_ai.request.model"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"


def chat_span(model: str, *, stream: bool) -> AbstractContextManager[Span]:
    """A span for a block that asks a model for a completion."""
    attributes: dict[str, str | bool] = {OPERATION: "chat", PROVIDER: "openai", MODEL: model}
    if stream:
        attributes["gen_ai.request.stream"] = True
    return span(f"chat {model}", attributes, SpanKind.CLIENT)


def embeddings_span(model: str) -> AbstractContextManager[Span]:
    """A span for a block that embeds texts, in this process."""
    attributes = {OPERATION: "embeddings", PROVIDER: "fastembed", MODEL: model}
    return span(f"embeddings {model}", attributes)


def retrieval_span(passages: int) -> AbstractContextManager[Span]:
    """A span for a block that looks for so many passages."""
    return span("retrieval", {OPERATION: "retrieval", "gen_ai.retrieval.top_k": passages})


def note_first_text(span: Span, seconds: float) -> None:
    """Notes that the text of a stream began, and how long after the model was asked."""
    span.set_attribute("gen_ai.response.time_to_first_chunk", seconds)


def note_completion(
    span: Span, model: str, finish_reason: str | None, tokens: tuple[int, int] | None
) -> None:
    """Notes which model answered, why it ended, and the tokens of prompt and answer."""
    noted: dict[str, str | int | list[str]] = {"gen_ai.response.model": model}
    if finish_reason is not None:
        noted["gen_ai.response.finish_reasons"] = [finish_reason]
    if tokens is not None:
        noted[INPUT_TOKENS], noted["gen_ai.usage.output_tokens"] = tokens
    span.set_attributes(noted)  # all in one call, which is cheaper


def note_embedding(span: Span, tokens: int) -> None:
    """Notes how many tokens were embedded."""
    span.set_attribute(INPUT_TOKENS, tokens)
