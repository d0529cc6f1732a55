"""Models that every domain's API speaks with."""

from itertools import islice
from typing import Annotated, Any, Final, Literal, LiteralString

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.constants import MAX_FIELD_ERRORS


class RequestModel(BaseModel):
    """The base of request bodies: a misspelt field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _name_some(cls, given: Any) -> Any:
        """Of countless unknown fields a few are refused by name: an error takes a kilobyte."""
        if not isinstance(given, dict) or len(given) <= MAX_FIELD_ERRORS:
            return given
        known = {name: given[name] for name in cls.model_fields if name in given}
        unknown = islice((name for name in given if name not in known), MAX_FIELD_ERRORS)
        return known | {name: given[name] for name in unknown}


def _require_text(value: str) -> str:
    if "\x00" in value:
        raise _wrong("must not contain NUL characters")
    try:
        value.encode()
    except UnicodeEncodeError:  # JSON can spell half a surrogate pair, which no UTF-8 text holds
        raise _wrong("must be Unicode text") from None
    if not value.strip():
        raise _wrong("must not be blank")
    return value


def _wrong(message: LiteralString) -> PydanticCustomError:
    """As a ValueError, but for the words "Value error" before its message."""
    return PydanticCustomError("value_error", message)


IS_TEXT: Final = AfterValidator(_require_text)
TEXT_SCHEMA: Final = Field(
    json_schema_extra={"minLength": 1, "pattern": r"^[^\x00]*[^\x00\s][^\x00]*$"}
)
Text = Annotated[str, IS_TEXT, TEXT_SCHEMA]


class FieldError(BaseModel):
    """What is wrong with one part of a request."""

    loc: list[str | int]
    msg: str
    type: str


class Problem(BaseModel):
    """An error as `application/problem+json` (RFC 9457), with a code for programs."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None
    errors: list[FieldError] | None = None


class Health(BaseModel):
    """The process lives."""

    version: str


class Check(BaseModel):
    """Whether one part answers, and how fast.

    `drift`, of Qdrant alone: points in Qdrant less passages in Postgres; null: not counted.
    """

    status: Literal["ok", "failed"]
    latency_ms: float
    drift: int | None = None


class Readiness(BaseModel):
    """Whether the service can do its work, part by part."""

    status: Literal["ready", "unavailable"]
    version: str
    checks: dict[Literal["postgres", "qdrant", "embeddings"], Check]
