"""Prompts as the local model reads them, pure: passages between marks, and then the question."""

import re
from dataclasses import dataclass
from typing import Any, Final

FIRST: Final = re.compile(r'<passage-([a-z2-7]{8}) number="\d+" title="[^"\n]*">\n')
# The instruction before the question, such as "Answer briefly, from these passages alone:".
ASK: Final = re.compile(r"[^:\n]*\bpassages?\b[^:\n]*:\s*")


@dataclass(frozen=True, slots=True)
class NumberedPassage:
    """A passage of a prompt, and the number by which an answer cites it."""

    number: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadPrompt:
    """The question of a prompt, the one asked before it, and the passages, the best first."""

    question: str
    earlier_question: str
    passages: list[NumberedPassage]


def read_prompt(body: dict[str, Any]) -> ReadPrompt | None:
    """The last message of a user, if passages come before the question in it; else None."""
    asked = [
        _text(message.get("content"))
        for message in _list(body.get("messages"))
        if isinstance(message, dict) and message.get("role") == "user"
    ]
    first = FIRST.search(asked[-1]) if asked else None
    if first is None:
        return None
    passages, _, rest = asked[-1][first.start() :].rpartition(f"\n</passage-{first[1]}>")
    if not passages:
        return None
    question = rest.strip()
    instruction = ASK.match(question)
    return ReadPrompt(
        question[instruction.end() :] if instruction else question,
        asked[-2] if len(asked) > 1 else "",
        _passages(passages, first[1]),
    )


def _passages(text: str, mark: str) -> list[NumberedPassage]:
    """Only what carries the mark of the first one is a fence: the others are text."""
    fence = re.compile(rf'<passage-{mark} number="(\d+)" title="([^"\n]*)">\n')
    _, *parts = fence.split(text)
    closing = f"\n</passage-{mark}>"
    return [
        NumberedPassage(number, title, passage.partition(closing)[0])
        for number, title, passage in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]


def _text(content: object) -> str:
    """The text of a message: one string, or the parts that are text."""
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in _list(content) if isinstance(part, dict)]
    return "\n".join(part for part in parts if isinstance(part, str))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
