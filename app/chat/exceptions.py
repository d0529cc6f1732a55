"""What can go wrong upstream.

`upstream` raises what is refused or unreachable, `decoding` what is not a completion.

BragError
├── OpenAIException                     500 openai_error
│   ├── OpenAIRateLimitedException      503 openai_rate_limited + Retry-After
│   └── OpenAIUnavailable               500 openai_error + Retry-After
├── OpenAIFailedProcessingException     503 failed_processing
├── ContextLengthExceeded               422 context_length_exceeded
├── ModelNotFound                       422 model_not_found
├── ContentFiltered                     422 content_filtered
└── StreamTimeoutException              504 stream_timeout
"""

from http import HTTPStatus

from app.core.constants import RETRY_AFTER_SEC
from app.core.exceptions import BragError


class OpenAIException(BragError):
    """The upstream refused the call, could not be reached, or broke off."""

    status = HTTPStatus.INTERNAL_SERVER_ERROR
    code = "openai_error"
    detail = "OpenAI call failed"


class OpenAIRateLimitedException(OpenAIException):
    """The upstream answered 429; `retry_after` is what it asked for."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "openai_rate_limited"
    retry_after = RETRY_AFTER_SEC


class OpenAIUnavailable(OpenAIException):
    """The upstream is known to be down; `retry_after` is when it is asked again."""

    retry_after = RETRY_AFTER_SEC


class OpenAIFailedProcessingException(BragError):
    """The upstream answered with nothing, or with what is not a completion."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "failed_processing"
    detail = "Post processing failed"


class ContextLengthExceeded(BragError):
    """The question does not fit into the model's window, alone or beside one passage."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "context_length_exceeded"
    loc = ("body", "message")
    detail = "The prompt is too long for the model: shorten the question, or begin another chat."

    def __init__(self, tokens: int | None = None) -> None:
        """`tokens` are those that a prompt may have, where that is known."""
        super().__init__(
            None
            if tokens is None
            else f"The question does not fit into {tokens} tokens, which CONTEXT_WINDOW_TOKENS and "
            "MAX_COMPLETION_TOKENS leave to it: shorten it."
        )


class ModelNotFound(BragError):
    """The upstream does not know the model that was asked for."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "model_not_found"
    loc = ("body", "model")
    detail = "The service that answers does not know this model."

    def __init__(self, model: str) -> None:
        super().__init__(f"The service that answers does not know the model {model!r}.")


class ContentFiltered(BragError):
    """The upstream's filter refuses the question, or what the model answers to it."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "content_filtered"
    loc = ("body", "message")
    detail = "The content filter of the service that answers refuses this: ask in other words."


class StreamTimeoutException(BragError):
    """The generation took longer than GENERATION_TIMEOUT_SEC."""

    status = HTTPStatus.GATEWAY_TIMEOUT
    code = "stream_timeout"
    detail = "Stream timed out"


class AnswerTooLong(Exception):
    """The answer has reached MAX_ANSWER_CHARS; its finish reason tells the client so."""


class GenerationCancelled(Exception):
    """The generation was cancelled before it was stored; no client is told this."""
