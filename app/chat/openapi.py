"""What the OpenAPI document says of the chat endpoints: their streams, their problems, examples."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import BaseModel

from app.chat.constants import ChatRolesEnum, MessageStatus
from app.chat.digests import text_sha256
from app.chat.events import Delta, DoneEvent, Event, StartEvent
from app.chat.exceptions import (
    OpenAIException,
    OpenAIFailedProcessingException,
    OpenAIRateLimitedException,
    OpenAIUnavailable,
    StreamTimeoutException,
)
from app.chat.models import (
    Chat,
    Chunk,
    CitedPassage,
    Message,
    Receipt,
    Start,
    StreamError,
    Usage,
)
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


OF_A_MESSAGE: Final = dict.fromkeys(
    ("get_message", "get_receipt", "resume_stream", "cancel_message"), "uuid"
)
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
EXAMPLE_RECEIPT: Final = Receipt(
    format=1,
    message_uuid=EXAMPLE_QA.uuid,
    created_at=EXAMPLE_QA.created_at,
    question="Which port does the API listen on?",
    retrieval_queries_sha256=[text_sha256("Which port does the API listen on?")],
    model=EXAMPLE_QA.model,
    parameters={"limit": 3, "filter_sha256": None},
    turns=None,
    prompt_mark="k3v7q2xa",
    prompt_sha256="9c8f3c7d0c5a4b1e8f2d6a7b3e4c5d6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d",
    passages=[
        CitedPassage(
            document_uuid=EXAMPLE_SOURCE.document_uuid,
            document_sha256="15f59e55512634d4ba7c82a46343b35ea22d903c50b09bd6b851d9f3004ac8f2",
            shared=True,
            title=EXAMPLE_SOURCE.title,
            source=EXAMPLE_SOURCE.source,
            start=EXAMPLE_SOURCE.start,
            end=EXAMPLE_SOURCE.end,
            sha256=text_sha256(EXAMPLE_SOURCE.text),
        )
    ],
    status=EXAMPLE_QA.status,
    finish_reason=EXAMPLE_QA.finish_reason,
    answer_sha256=text_sha256(EXAMPLE_QA.message),
)
RECEIPT: Final[Responses] = {200: json_example(EXAMPLE_RECEIPT)}
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
RECEIPT_PROBLEMS: Final = problems(NotFound, Conflict, DatabaseUnavailable)
CANCEL_PROBLEMS: Final = problems(NotFound, Conflict, DatabaseUnavailable)
