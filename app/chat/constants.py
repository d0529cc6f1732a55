"""Texts and names of the chat domain."""

from enum import StrEnum
from typing import Final

NO_DOCUMENTS_FOUND: Final = (
    "No documents found in context. Please try again with a different query."
)
CANCELLED: Final = "cancelled"  # finish reasons of ours
LENGTH: Final = "length"
ABANDONED: Final = "abandoned"
# What an upstream may send for each of MAX_ANSWER_CHARS: in all, thoughts included, and in one
# event or one JSON, which is held until it is whole. Escaped, a character takes 6 bytes, and with
# a chunk of its own some 300.
WIRE_BYTES_PER_CHAR: Final = 128
EVENT_BYTES_PER_CHAR: Final = 16
LEAST_BYTES: Final = 2**16  # where those are few: what stands around an answer
MAX_NAME_CHARS: Final = 200  # of what an upstream calls a completion, its model, or its end
DRAIN_UPSTREAM_SEC: Final = 0.1
STORE_AGAIN_SEC: Final = 1.0  # and twice as long each time
LONGEST_STORE_AGAIN_SEC: Final = 30.0


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
# What a question's body may hold beside the question: 1,000 uuids, 50 entries of metadata, …
QUESTION_OVERHEAD_BYTES: Final = 160 * 2**10
CHATS: Final = "/v1/chats"
STREAM: Final = "/v1/messages/{uuid}/stream"
