"""Why an upstream refuses a call or breaks one off, in its own words."""

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Self

import orjson

from app.chat.exceptions import (
    ContentFiltered,
    ContextLengthExceeded,
    ModelNotFound,
    OpenAIException,
    OpenAIRateLimitedException,
)
from app.core.constants import RETRY_AFTER_SEC
from app.core.exceptions import BragError

WORD: Final = re.compile(r"[\w.:-]{1,64}", re.ASCII)
MAX_TEXT_CHARS: Final = 20_000
PAGE: Final = re.compile(r"\s*<(?:!doctype|html|head|body)", re.IGNORECASE)  # of a web server

TOO_LONG_CODES: Final = {
    *("context_length_exceeded", "exceed_context_size_error", "tokens_limit_reached"),
}
MODEL_CODES: Final = {
    *("model_not_found", "model_not_available", "model_not_supported", "model_decommissioned"),
    *("invalid_model", "unavailable_model", "unknown_model"),
}
FILTER_CODES: Final = {
    *("content_filter", "content_filtered", "content_policy_violation"),
    *("ResponsibleAIPolicyViolation", "data_inspection_failed"),
    *("DataInspectionFailed", "moderation_blocked"),
}
LIMIT_CODES: Final = {"429", "rate_limit_exceeded", "rate_limit_error"}
# None: an error in the answer.
REQUEST_STATUSES: Final = {None, *range(400, 500)} - {401}
# What services write that have no such codes.
TOO_LONG: Final = re.compile(
    r"context ?(?:length|size|window)|(?:prompt|input) is too long|reduce the length"
    r"|exceeds? the (?:maximum|max|model's) [\w ]*tokens|too many tokens|model token limit"
    r"|maximum (?:prompt|model) length|input length should|less than \d+ tokens"
    r"|tokens`?.{0,30} must be <=",
    re.IGNORECASE,
)
NO_MODEL: Final = re.compile(
    r"(?:invalid|unknown|no such) model|not a valid model|model.{0,200}?(?:not found|n[o']t exist)"
    r"|no endpoints found",
    re.IGNORECASE | re.DOTALL,
)
MODEL: Final = re.compile(r"\bmodels?\b|deployment", re.IGNORECASE)
FILTERED: Final = re.compile(
    r"content[ _](?:filter|polic|management polic|moderation|exists risk)|was flagged"
    r"|guardrail|usage (?:guideline|polic)|safety (?:system|check|filter)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The upstream's `error`; its text may quote prompts and keys, and is in no log."""

    status: int | None
    wait: float  # seconds, 0 where it does not say
    codes: tuple[str, ...]  # error.code and error.type, or what stands for them
    param: str
    text: str

    @classmethod
    def of(cls, body: object, status: int | None = None, wait: float = 0) -> Self:
        """What a response says, as a whole or in its `error`."""
        if isinstance(body, str) and PAGE.match(body):
            body = None
        outer = _as_object(body)
        error = outer.get("error") or outer.get("errors") or outer
        inner = _as_object(error)
        codes = (
            *(inner.get("code"), inner.get("type"), inner.get("status")),
            *(_as_object(inner.get("innererror")).get("code"), outer.get("error_type")),
        )
        text = (
            error if isinstance(error, str) else orjson.dumps(error or body, default=str).decode()
        )
        return cls(
            status,
            wait,
            tuple(str(code) for code in codes if code),
            str(inner.get("param") or ""),
            text[:MAX_TEXT_CHARS],
        )

    def __str__(self) -> str:
        """What a log may hold: codes are words."""
        words = [code for code in self.codes if WORD.fullmatch(code)]
        return " ".join(words) or "no code"

    def error(self, model: str) -> BragError:
        """What a client is told, who may do something about its question or its model."""
        codes = {*self.codes}
        if self.status == HTTPStatus.TOO_MANY_REQUESTS or codes & LIMIT_CODES:
            return OpenAIRateLimitedException(retry_after=self.wait or RETRY_AFTER_SEC)
        if codes & TOO_LONG_CODES or self._says(TOO_LONG):
            return ContextLengthExceeded()
        if codes & FILTER_CODES or self._says(FILTERED):
            return ContentFiltered()
        if codes & MODEL_CODES or self._says(NO_MODEL) or self._is_about_a_model:
            return ModelNotFound(model)
        return OpenAIException()

    @property
    def _is_about_a_model(self) -> bool:
        return self.status == HTTPStatus.NOT_FOUND and MODEL.search(self.text) is not None

    def _says(self, words: re.Pattern[str]) -> bool:
        """Only where the request is at fault: other texts are about anything."""
        return self.status in REQUEST_STATUSES and words.search(self.text) is not None


def _as_object(value: object) -> dict[str, Any]:
    """The value, or the first of a list, if it is an object; else an empty one."""
    first = value[0] if isinstance(value, list) and value else value
    return first if isinstance(first, dict) else {}
