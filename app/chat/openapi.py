"""What the OpenAPI document says of the chat endpoints: their streams, their problems, examples."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from app.chat.constants import ChatRolesEnum, MessageStatus
from app.chat.events import Delta, DoneEvent, Event, StartEvent
from app.chat.exceptions import (
    OpenAIException,
    OpenAIFailedProcessingException,
    OpenAIRateLimitedException,
    OpenAIUnavailable,
    StreamTimeoutException,
)
from app.chat.models import Chat, Chunk, Message, Start, StreamError, Usage
from app.chat.streaming import format_event
from app.core.exceptions import (
    BadRequest,
    Conflict,
    DatabaseUnavailable,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    RetrievalUnavailable,
)
from app.core.openapi import Responses, json_example, links, problems
from app.core.pagination import LINK_HEADER
from app.retrieval.models import Source
from app.retrieval.openapi import EXAMPLE_SOURCE

EVENT_MODELS: Final[tuple[type[BaseModel], ...]] = (Start, Source, Chunk, Message, StreamError)

EXAMPLE_DELTA: Final = Delta("chatcmpl-1", 1700000000, "gpt-4o-mini", "Hello", None)
EXAMPLE_MESSAGE: Final = Message(
    id=2,
    uuid=UUID("0c2c8a3e-3f0e-4b0e-9d3c-0f6b0f9f5c11"),
    chat_uuid=None,
    model="gpt-4o-mini",
    role=ChatRolesEnum.ASSISTANT,
    message="Hello",
    status=MessageStatus.COMPLETE,
    finish_reason="stop",
    usage=Usage(prompt_tokens=9, completion_tokens=1, total_tokens=10),
    sources=[],
    created_at=datetime(2026, 11, 22, 12, tzinfo=UTC),
)
EXAMPLE_QA: Final = EXAMPLE_MESSAGE.model_copy(
    update={
        "model": "quotes-or-SmolLM2-135M",
        "message": "The API listens on port 8000.",
        "usage": Usage(prompt_tokens=139, completion_tokens=12, total_tokens=151),
        "sources": [EXAMPLE_SOURCE],
    }
)
EXAMPLE_EVENTS: Final[list[Event]] = [
    StartEvent(EXAMPLE_MESSAGE.uuid, EXAMPLE_MESSAGE.model),
    EXAMPLE_DELTA,
    replace(EXAMPLE_DELTA, content="", finish_reason="stop"),
    DoneEvent(EXAMPLE_MESSAGE),
]
EXAMPLE_STREAM: Final = b"".join(
    format_event(number, event) for number, event in enumerate(EXAMPLE_EVENTS, start=1)
).decode()


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


OF_A_MESSAGE: Final = {"get_message": "uuid", "resume_stream": "uuid", "cancel_message": "uuid"}
STREAM: Final[Responses] = {
    200: {
        **links(OF_A_MESSAGE, "$response.header.X-Message-UUID"),
        "description": "Events as they happen, with a comment line `: ping` in longer silences. "
        "The contents of the `message` events make up exactly the message of `done`.",
        "headers": {
            "X-Message-UUID": {
                "description": "The uuid of the answer, once the question is stored.",
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
                        _event("message", _model(Chunk), "Each delta of the answer, as it comes."),
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

RESUMED_STREAM: Final[Responses] = {
    200: STREAM[200] | {"description": "The events that are missing, and then those to come."},
    204: {"description": "Nothing is missing, and nothing comes any more."},
}

COMPLETION: Final[Responses] = {200: json_example(EXAMPLE_MESSAGE) | links(OF_A_MESSAGE)}
QA: Final[Responses] = {200: json_example(EXAMPLE_QA) | links(OF_A_MESSAGE)}
MESSAGE: Final[Responses] = {200: json_example(EXAMPLE_QA)}
EXAMPLE_CHAT: Final = Chat(
    uuid=UUID("01a21043-ea57-7f1a-9f3e-9e17e3f44303"),
    title="Which port does the API listen on?",
    created_at=datetime(2026, 11, 26, 12, tzinfo=UTC),
    updated_at=datetime(2026, 11, 26, 12, 1, tzinfo=UTC),
)
CHAT_LINKS: Final = links(
    {
        "get_chat": "uuid",
        "rename_chat": "uuid",
        "delete_chat": "uuid",
        "list_messages": "chat_uuid",
    }
)
CREATED_CHAT: Final[Responses] = {201: json_example(EXAMPLE_CHAT) | CHAT_LINKS}
CHAT: Final[Responses] = {200: json_example(EXAMPLE_CHAT)}
CHATS: Final[Responses] = {200: {"headers": LINK_HEADER, **json_example([EXAMPLE_CHAT])}}
MESSAGES: Final[Responses] = {200: {"headers": LINK_HEADER, **json_example([EXAMPLE_QA])}}

GENERATION_PROBLEMS: Final = (
    BadRequest,
    NotFound,
    PayloadTooLarge,
    OpenAIException,
    OpenAIRateLimitedException,
    OpenAIUnavailable,
    OpenAIFailedProcessingException,
    Overloaded,
    DatabaseUnavailable,
    StreamTimeoutException,
)
COMPLETION_PROBLEMS: Final = problems(*GENERATION_PROBLEMS)
QA_PROBLEMS: Final = problems(*GENERATION_PROBLEMS, RetrievalUnavailable)
MESSAGES_PROBLEMS: Final = problems(DatabaseUnavailable)
MESSAGE_PROBLEMS: Final = problems(NotFound, DatabaseUnavailable)
CANCEL_PROBLEMS: Final = problems(NotFound, Conflict, DatabaseUnavailable)
