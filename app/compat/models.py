"""What clients of the OpenAI API send, as far as it means something here."""

from typing import Annotated, Any, Final, Literal

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from app.compat.constants import (
    MAX_MESSAGES,
    MAX_MODEL_CHARS,
    MAX_STOPS,
    MAX_TEXTS,
    UNSUPPORTED,
)
from app.compat.exceptions import UnsupportedParameter
from app.core.models import IS_TEXT, TEXT_PATTERN, TEXT_SCHEMA, WHOLE_FLOATS, Integer, Text

TOKENS: Final = (
    "Arrays of tokens are not supported: send texts (LangChain does so with "
    "check_embedding_ctx_length=False)."
)


def _join_parts(content: object) -> object:
    """The content of a message as one text; it may come in parts, or be null."""
    if not isinstance(content, list):
        return "" if content is None else content
    parts = [part for part in content if isinstance(part, dict) and part.get("type") == "text"]
    texts = [part.get("text") for part in parts]
    if len(texts) < len(content) or not all(isinstance(text, str) for text in texts):
        raise PydanticCustomError("value_error", "may have parts of the type text only")
    return "\n".join(map(str, texts))


def _require_json(value: Any) -> Any:
    """JSON that can be sent on: JSON can spell half a surrogate pair, which no UTF-8 text holds."""
    try:
        orjson.dumps(value)
    except TypeError:
        raise PydanticCustomError("value_error", "must be Unicode text") from None
    return value


def _refuse_nul(value: str) -> str:
    """The contract refuses NUL in every text, though these may be blank."""
    if "\0" in value:
        raise PydanticCustomError("value_error", "must not contain NUL characters")
    return value


IS_JSON: Final = AfterValidator(_require_json)
CONTENT_SCHEMA: Final = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string"},
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["type", "text"],
                    "properties": {"type": {"const": "text"}, "text": {"type": "string"}},
                },
            },
            {"type": "null"},
        ]
    }
)
Content = Annotated[
    str, BeforeValidator(_join_parts), AfterValidator(_refuse_nul), IS_JSON, CONTENT_SCHEMA
]
Number = Annotated[float, Field(strict=True)]
Seed = Annotated[int, Field(strict=True, ge=-(2**53), le=2**53), WHOLE_FLOATS]  # as JSON counts
TokenCount = Annotated[int, Field(strict=True, ge=1, lt=2**31), WHOLE_FLOATS]
PassedOn = Annotated[str, Field(max_length=1000), IS_JSON]  # to the model's service, as it comes


class ChatMessage(BaseModel):
    """A message of the conversation: its text, or the parts of its text."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Content = ""


class StreamOptions(BaseModel):
    """What a stream holds beside the answer."""

    include_usage: StrictBool | None = None


RESPONSE_FORMATS: Final = ("text", "json_object", "json_schema")


def _require_format(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("type") not in RESPONSE_FORMATS:
        raise PydanticCustomError(
            "value_error", "must have the type text, json_object or json_schema"
        )
    return value


ResponseFormat = Annotated[
    dict[str, Any],
    AfterValidator(_require_format),
    IS_JSON,
    WithJsonSchema(
        {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"enum": RESPONSE_FORMATS}},
        }
    ),
]


class ChatCompletionRequest(BaseModel):
    """A question, the conversation before it, and how the model is to answer; a null means nothing.

    Not supported: `n` over 1, `tools`, `functions`, `logprobs`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "model": "brag",
                    "messages": [{"role": "user", "content": "Which port does the API listen on?"}],
                }
            ]
        }
    )

    model: Annotated[str, Field(max_length=MAX_MODEL_CHARS), IS_TEXT, TEXT_SCHEMA] = Field(
        description="`brag` answers from the documents with OPENAI_MODEL, `brag/NAME` with the "
        "model NAME; any other is asked without retrieval.",
    )
    messages: list[ChatMessage] = Field(
        min_length=1,
        max_length=MAX_MESSAGES,
        description="The last one is the user's question.",
    )
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    temperature: Number | None = Field(default=None, ge=0, le=2)
    top_p: Number | None = Field(default=None, ge=0, le=1)
    presence_penalty: Number | None = Field(default=None, ge=-2, le=2)
    frequency_penalty: Number | None = Field(default=None, ge=-2, le=2)
    stop: PassedOn | Annotated[list[PassedOn], Field(max_length=MAX_STOPS)] | None = None
    seed: Seed | None = None
    max_tokens: TokenCount | None = None
    max_completion_tokens: TokenCount | None = None
    response_format: ResponseFormat | None = None
    user: PassedOn | None = None

    @model_validator(mode="before")
    @classmethod
    def _refuse_unsupported(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        for name in UNSUPPORTED:
            if given.get(name):
                raise UnsupportedParameter(name, f"`{name}` is not supported here.")
        if given.get("n") is not None and given["n"] != 1:
            raise UnsupportedParameter("n", "`n` must be 1 here: ask once for each answer.")
        return given


def _list_texts(given: object) -> object:
    """A text or texts, as a list; raises UnsupportedParameter for tokens."""
    if isinstance(given, str):
        return [given]
    if isinstance(given, list) and given and isinstance(given[0], int | list):
        raise UnsupportedParameter("input", TOKENS)
    return given


TEXT: Final = {"type": "string", "minLength": 1, "pattern": TEXT_PATTERN}
TEXTS_SCHEMA: Final = WithJsonSchema(
    {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1, "maxItems": MAX_TEXTS}]}
)


class EmbeddingsRequest(BaseModel):
    """Texts to be embedded by EMBEDDING_MODEL, whatever model is named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"model": "brag", "input": "Which port does the API listen on?"}]
        }
    )

    input: Annotated[
        list[Text],
        Field(min_length=1, max_length=MAX_TEXTS),
        BeforeValidator(_list_texts),
        TEXTS_SCHEMA,
    ]
    model: str = Field(max_length=MAX_MODEL_CHARS)
    encoding_format: Literal["float", "base64"] | None = None
    dimensions: Integer | None = Field(
        default=None, description="As many as EMBEDDING_MODEL has; it has no others."
    )
