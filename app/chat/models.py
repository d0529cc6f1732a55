"""What clients send and receive (the HTTP contract)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from app.chat.constants import ChatRolesEnum, MessageStatus
from app.chat.digests import json_sha256
from app.core.models import IS_TEXT, TEXT_SCHEMA, Integer, RequestModel, Text
from app.retrieval.models import Filter, Source, Turn


class BaseMessage(RequestModel):
    """A question; `model` is OPENAI_MODEL unless given."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "Which port does the API listen on?"}]}
    )

    message: Text
    model: Annotated[str, Field(max_length=200), IS_TEXT, TEXT_SCHEMA] | None = None
    chat_uuid: UUID | None = None

    @property
    def parameters(self) -> dict[str, JsonValue]:
        """What is asked for besides the question, as a receipt says it."""
        return {}


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

    @property
    def parameters(self) -> dict[str, JsonValue]:
        """How many passages, and the digest of the filter, which may be long and say much."""
        if self.filter is None:
            return {"limit": self.limit, "filter_sha256": None}
        asked = self.filter.model_dump(mode="json", exclude_none=True)
        return {"limit": self.limit, "filter_sha256": json_sha256(asked)}


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

    @property
    def named_parameters(self) -> dict[str, JsonValue]:
        """The parameters as a receipt says them: numbers, and of what else there is the digest."""
        named: dict[str, JsonValue] = {}
        for name, value in self.parameters.items():
            if isinstance(value, int | float):
                named[name] = value
            else:
                named[f"{name}_sha256"] = json_sha256(value)
        return named


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
    # Of an answer under way: of what the model is told.
    prompt_sha256: str | None = Field(default=None, exclude=True)


Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256 in hexadecimal.")]


class CitedPassage(BaseModel):
    """A passage that was put into a prompt: where it stood, and its digest.

    A document's uuid is that of one version: other bytes under the same source are another
    document. `document_sha256` and `shared` (it was everybody's) are null where an answer was
    stored before they were kept.
    """

    model_config = ConfigDict(extra="forbid")

    document_uuid: UUID
    document_sha256: Digest | None
    shared: bool | None
    title: str
    source: str
    start: Annotated[int, Field(ge=0, lt=2**31)]
    end: Annotated[int, Field(ge=0, lt=2**31)]
    sha256: Digest


class Receipt(BaseModel):
    """What an answer rests on. It has no other texts than the question and names.

    `question`, `parameters` and `prompt_sha256` are null where an answer was stored before they
    were kept; `prompt_sha256` also where the model was told nothing.
    """

    model_config = ConfigDict(extra="forbid")

    format: Literal[1] = 1
    message_uuid: UUID
    created_at: datetime
    question: str | None
    retrieval_queries_sha256: list[Digest] | None
    model: str
    parameters: dict[str, JsonValue] | None
    turns: Turns | None
    prompt_mark: str | None
    prompt_sha256: Digest | None = Field(
        description="Of what the model was told, as canonical JSON: "
        '`[{"content": …, "role": …}, …]`.'
    )
    passages: list[CitedPassage] = Field(description="In the order of the prompt.")
    status: MessageStatus
    finish_reason: str | None
    answer_sha256: Digest


ChatTitle = Annotated[str, Field(max_length=300), IS_TEXT, TEXT_SCHEMA]


class NewChat(RequestModel):
    """A chat that is to be made; without a title its first question gives it one."""

    title: ChatTitle | None = Field(default=None, examples=["Opening hours"])


class RenamedChat(RequestModel):
    """The new title of a chat."""

    title: ChatTitle = Field(examples=["Opening hours"])


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
