"""Models that every domain's API speaks with."""

from itertools import islice
from secrets import randbits
from time import time_ns
from typing import Annotated, Any, Final, Literal, LiteralString
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from app.core.constants import MAX_FIELD_ERRORS


class RequestModel(BaseModel):
    """The base of request bodies: a misspelt field is refused, not ignored."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _name_some(cls, given: Any) -> Any:
        """Leaves MAX_FIELD_ERRORS of many unknown fields to be refused: each takes a kilobyte."""
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
    """What a ValueError would become, without the words "Value error" before its message."""
    return PydanticCustomError("value_error", message)


IS_TEXT: Final = AfterValidator(_require_text)
# What `str.strip` takes for blank: ECMA-262, whose expressions JSON Schema has, means more by \s
# here and less there.
BLANK: Final = r"\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
TEXT_PATTERN: Final = rf"^[^\x00]*[^\x00{BLANK}][^\x00]*$"
TEXT_SCHEMA: Final = Field(json_schema_extra={"minLength": 1, "pattern": TEXT_PATTERN})
Text = Annotated[str, IS_TEXT, TEXT_SCHEMA]
SourceName = Annotated[str, Field(max_length=2000), IS_TEXT, TEXT_SCHEMA]  # of a document


# Every passage's point holds a copy of the metadata: the limits are those of OpenAI's API.
MAX_METADATA: Final = 50  # entries
MAX_NAME_CHARS: Final = 64
MAX_TEXT_CHARS: Final = 512


def _as_integer(value: object) -> object:
    """JSON has one kind of numbers: 3.0 is an integer as well (JSON Schema, 6.1.1)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _kind(value: object) -> str | None:
    value = _as_integer(value)
    return type(value).__name__ if isinstance(value, bool | int | str) else None


# Where it is used, bounds stand before it: only then are they in the OpenAPI document.
WHOLE_FLOATS: Final = BeforeValidator(_as_integer)
Integer = Annotated[int, Field(strict=True), WHOLE_FLOATS]
Whole = Annotated[  # as Qdrant counts
    int, Field(strict=True, ge=-(2**63), le=2**63 - 1), WHOLE_FLOATS
]
MetadataName = Annotated[str, Field(max_length=MAX_NAME_CHARS), IS_TEXT, TEXT_SCHEMA]
MetadataText = Annotated[str, Field(max_length=MAX_TEXT_CHARS), IS_TEXT, TEXT_SCHEMA]
Value = Annotated[
    Annotated[StrictBool, Tag("bool")]
    | Annotated[Whole, Tag("int")]
    | Annotated[MetadataText, Tag("str")],
    Discriminator(
        _kind,
        custom_error_type="metadata_type",
        custom_error_message="must be a string, an integer or a boolean",
    ),
]


def _require_few(value: object) -> object:
    """Refuses too many entries before `max_length`, which looks at each: there may be a million."""
    if isinstance(value, dict) and len(value) > MAX_METADATA:
        lengths = {"max_length": MAX_METADATA, "actual_length": len(value)}
        raise PydanticKnownError("too_long", {"field_type": "Dictionary", **lengths})
    return value


Metadata = Annotated[
    dict[MetadataName, Value],
    Field(
        max_length=MAX_METADATA,
        description=f"At most {MAX_METADATA} entries, with names of at most {MAX_NAME_CHARS} "
        f"characters and strings of at most {MAX_TEXT_CHARS}.",
        json_schema_extra={"additionalProperties": False},  # names that the pattern refuses
    ),
    BeforeValidator(_require_few),
]


def uuid7() -> UUID:
    """A UUIDv7 (RFC 9562, 5.7 and 6.2, method 3): the later, the greater.

    So a list can go on after an item that has been deleted since.
    """
    milliseconds, rest = divmod(time_ns(), 1_000_000)
    fraction = (rest << 12) // 1_000_000
    return UUID(int=milliseconds << 80 | 7 << 76 | fraction << 64 | 2 << 62 | randbits(62))


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


class IndexState(BaseModel):
    """How the index compares with Postgres: points less passages, and what is done about it.

    Both are None where `is_other`: the index is not the one of this database.
    """

    drift: int | None = None
    reindexing: bool | None = None
    is_other: bool = False
    advice: str | None = None  # what an operator should do about it


class Check(BaseModel):
    """Whether one part answers, and how fast.

    Of Qdrant alone, null where they could not be counted: `drift`, points in Qdrant less passages
    in Postgres, and `reindexing`, whether documents are being indexed anew. `detail` is there where
    an operator has something to do, and says what.
    """

    status: Literal["ok", "failed"]
    latency_ms: float
    detail: str | None = None
    drift: int | None = None
    reindexing: bool | None = None


class Readiness(BaseModel):
    """Whether the service can do its work, part by part."""

    status: Literal["ready", "unavailable"]
    version: str
    checks: dict[Literal["postgres", "qdrant", "embeddings"], Check]
