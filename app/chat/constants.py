"""Texts and names of the chat domain."""

from enum import StrEnum
from typing import Final

NO_DOCUMENTS_FOUND: Final = (
    "No documents found in context. Please try again with a different query."
)
CANCELLED: Final = "cancelled"
ABANDONED: Final = "abandoned"
DRAIN_UPSTREAM_SEC: Final = 0.1
STORE_AGAIN_SEC: Final = 1.0


class ChatRolesEnum(StrEnum):
    """Who speaks, in the words of the OpenAI API."""

    USER = "user"
    SYSTEM = "system"
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    """How far an answer has come."""

    GENERATING = "generating"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"


# The paths that generate an answer.
QUESTIONS: Final = (
    *("/v1/completion", "/v1/completion-stream"),
    *("/v1/qa-create", "/v1/qa-stream"),
)
CHATS: Final = "/v1/chats"
STREAM: Final = "/v1/messages/{uuid}/stream"
