"""What the OpenAPI document says of the chat endpoints: their streams, their problems, examples."""

from typing import Any, Final

from pydantic import BaseModel

from app.chat.exceptions import (
    OpenAIException,
    OpenAIFailedProcessingException,
    OpenAIRateLimitedException,
    StreamTimeoutException,
)
from app.chat.models import Chunk, Message, Start, StreamError
from app.core.exceptions import (
    DatabaseUnavailable,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    RetrievalUnavailable,
)
from app.core.openapi import Responses, problems
from app.core.pagination import LINK_HEADER
from app.documents.models import Source

EVENT_MODELS: Final[tuple[type[BaseModel], ...]] = (Start, Source, Chunk, Message, StreamError)

EXAMPLE_STREAM: Final = """\
id: 1
event: start
data: {"uuid":"0c2c8a3e-3f0e-4b0e-9d3c-0f6b0f9f5c11","model":"gpt-4o-mini"}

id: 2
event: message
data: {"id":"chatcmpl-1","created":1700000000,"model":"gpt-4o-mini","content":"Hello","finish_reason":null}

id: 3
event: message
data: {"id":"chatcmpl-1","created":1700000000,"model":"gpt-4o-mini","content":"","finish_reason":"stop"}

id: 4
event: done
data: {"id":2,"uuid":"0c2c8a3e-3f0e-4b0e-9d3c-0f6b0f9f5c11","chat_uuid":null,"model":"gpt-4o-mini","role":"assistant","message":"Hello","status":"complete","finish_reason":"stop","usage":{"prompt_tokens":9,"completion_tokens":1,"total_tokens":10},"sources":[],"created_at":"2026-11-22T12:00:00.000000Z"}

"""


def _event(name: str, data: dict[str, Any], description: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": description,
        "required": ["id", "event", "data"],
        "properties": {
            "id": {"type": "string", "description": "1, 2, 3, …"},
            "event": {"const": name},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": data,
            },
        },
    }


def _model(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


STREAM: Final[Responses] = {
    200: {
        "description": "Events as they happen, with a comment line `: ping` in longer silences. "
        "The contents of the `message` events make up exactly the message of `done`.",
        "headers": {
            "X-Message-UUID": {
                "description": "The uuid of the answer.",
                "schema": {"type": "string", "format": "uuid"},
            }
        },
        "content": {
            "text/event-stream": {
                "itemSchema": {
                    "oneOf": [
                        _event("start", _model(Start), "First."),
                        _event(
                            "sources",
                            {"type": "array", "items": _model(Source)},
                            "Second, of answers with retrieval only: what was put into the prompt.",
                        ),
                        _event("message", _model(Chunk), "Each piece of the answer, as it comes."),
                        _event("done", _model(Message), "Last: the answer is committed."),
                        _event(
                            "error",
                            _model(StreamError),
                            "In place of `done`: what was generated is stored as partial.",
                        ),
                    ]
                },
                "example": EXAMPLE_STREAM,
            }
        },
    }
}

PAGE: Final[Responses] = {200: {"headers": LINK_HEADER}}

GENERATION_PROBLEMS: Final = (
    NotFound,
    PayloadTooLarge,
    OpenAIException,
    OpenAIRateLimitedException,
    OpenAIFailedProcessingException,
    Overloaded,
    DatabaseUnavailable,
    StreamTimeoutException,
)
COMPLETION_PROBLEMS: Final = problems(*GENERATION_PROBLEMS)
QA_PROBLEMS: Final = problems(*GENERATION_PROBLEMS, RetrievalUnavailable)
MESSAGES_PROBLEMS: Final = problems(DatabaseUnavailable)
MESSAGE_PROBLEMS: Final = problems(NotFound, DatabaseUnavailable)
