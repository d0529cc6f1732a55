"""What clients send and receive (the HTTP contract)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field

from app.chat.constants import ChatRolesEnum, MessageStatus
from app.core.models import IS_TEXT, TEXT_SCHEMA, Integer, RequestModel, Text
from app.retrieval.models import Filter, Source, Turn


class BaseMessage(RequestModel):
    """A question; `model` is OPENAI_MODEL unless given."""

    message: Text = Field(examples=["Which port does the API listen on?"])
    model: Annotated[str, Field(max_length=200), IS_TEXT, TEXT_SCHEMA] | None = None
    chat_uuid: UUID | None = None


class QAMessage(BaseMessage):
    """A question to be answered from `limit` passages of the documents that `filter` lets in."""

    # By a factory, as the description of the API is to name none: DEFAULT_LIMIT takes its place.
    limit: Integer = Field(
        default_factory=lambda: 3,
        ge=1,
        le=20,
        description="The setting DEFAULT_LIMIT unless given.",
    )
    filter: Filter | None = None


Tokens = Annotated[int, Field(ge=0, le=2**53)]  # as many as JSON can count


class Usage(BaseModel):
    """Tokens, as the upstream counts them."""

    prompt_tokens: Tokens
    completion_tokens: Tokens
    total_tokens: Tokens


class Turns(BaseModel):
    """Of the earlier exchanges of a chat, how many were in the prompt and how many were not."""

    used: int
    dropped: int


@dataclass(frozen=True, slots=True)
class ClientPrompt:
    """What a client of another API sends with a question, and nothing stores.

    The earlier turns, the oldest first; the instructions of its own `system` messages; and the
    parameters of the model, as the OpenAI API calls them.
    """

    turns: tuple[Turn, ...] = ()
    instructions: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Message(BaseModel):
    """A stored question or answer."""

    id: int
    uuid: UUID
    chat_uuid: UUID | None
    model: str = Field(
        description="Of a question, the model asked for; of an answer, the one that answered."
    )
    role: ChatRolesEnum
    message: str
    status: MessageStatus
    finish_reason: str | None
    usage: Usage | None
    sources: list[Source]
    retrieval_queries: list[str] | None = Field(
        default=None, description="What was searched for; null without retrieval."
    )
    turns: Turns | None = Field(default=None, description="Null outside a chat.")
    created_at: datetime


ChatTitle = Annotated[str, Field(max_length=300), IS_TEXT, TEXT_SCHEMA]


class NewChat(RequestModel):
    """A chat that is to be made; without a title its first question gives it one."""

    title: ChatTitle | None = None


class RenamedChat(RequestModel):
    """The new title of a chat."""

    title: ChatTitle


class Chat(BaseModel):
    """A conversation; its title is null until it has one or was asked in."""

    uuid: UUID
    title: str | None
    created_at: datetime
    updated_at: datetime


class Start(BaseModel):
    """Event `start`: which answer follows."""

    uuid: UUID
    model: str = Field(description="The model asked for; a fallback may answer in its place.")


class Chunk(BaseModel):
    """Event `message`: a delta of the answer, as it comes."""

    id: str
    created: int
    model: str
    content: str
    finish_reason: str | None


class StreamError(BaseModel):
    """Event `error`: why the stream ends without `done`."""

    code: str
    detail: str
    status: int
    request_id: str | None
