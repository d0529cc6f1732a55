"""Answers as objects of the OpenAI API, pure."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from app.chat.constants import MessageStatus
from app.chat.models import Message
from app.compat.constants import FINISH_REASONS, LENGTH, STOP
from app.core.links import document_url
from app.retrieval.models import Source

Json = dict[str, Any]

CITATION: Final = re.compile(r"\[([1-9]\d{0,2})\]")


def completion_id(uuid: object) -> str:
    """The id of a completion, out of that of the answer that is stored."""
    return f"chatcmpl-{uuid}"


def chat_completion(answer: Message, model: str, base_url: str) -> Json:
    """A `chat.completion`, with the sources of the answer beside it."""
    message = {
        "role": "assistant",
        "content": answer.message,
        "refusal": None,
        "annotations": annotations(answer, base_url),
    }
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": ending(answer)}
    return {
        "id": completion_id(answer.uuid),
        "object": "chat.completion",
        "created": int(answer.created_at.timestamp()),
        "model": model,
        "choices": [choice],
        "usage": usage(answer),
        "sources": sources(answer.sources),
    }


def usage(answer: Message) -> Json | None:
    """The tokens as the upstream counted them, else None; zeros where no model was asked."""
    if answer.usage is not None:
        return answer.usage.model_dump()
    if answer.retrieval_queries is not None and not answer.sources:
        return dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), 0)
    return None


def ending(answer: Message) -> str:
    """Why the answer ends, in the words of the OpenAI API.

    It has none for an answer that was cancelled: clients take `length` for one that is not whole.
    """
    reason = answer.finish_reason
    if reason in FINISH_REASONS:
        return reason
    return STOP if answer.status is MessageStatus.COMPLETE else LENGTH


def sources(given: Sequence[Source]) -> list[Json]:
    """The passages that the answer rests on, in the order of its numbers."""
    return [source.model_dump() for source in given]


def annotations(answer: Message, base_url: str) -> list[Json]:
    """A `url_citation` for each `[n]` of an answer; its URL opens the passage."""
    return [*_citations(answer.message, answer.sources, base_url)]


def _citations(text: str, given: Sequence[Source], base_url: str) -> Iterator[Json]:
    for match in CITATION.finditer(text) if given else ():
        number = int(match[1])
        if number <= len(given):
            source = given[number - 1]
            citation = {
                "url": document_url(base_url, source.document_uuid, source.ordinal),
                "title": source.title,
                "start_index": match.start(),
                "end_index": match.end(),
            }
            yield {"type": "url_citation", "url_citation": citation}
