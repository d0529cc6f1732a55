"""Prompts as the local model reads them, pure: passages between marks, and then the question."""

import re
from dataclasses import dataclass
from typing import Any, Final

PASSAGE: Final = re.compile(r'<passage\b((?:"[^"]*"|[^>"])*)>(.*?)</passage>', re.DOTALL)
ATTRIBUTE: Final = re.compile(r'(\w+)="([^"]*)"')
# What is said before the question of how to answer it.
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
    marks = list(PASSAGE.finditer(asked[-1])) if asked else []
    if not marks:
        return None
    question = asked[-1][marks[-1].end() :].strip()
    instruction = ASK.match(question)
    return ReadPrompt(
        question[instruction.end() :] if instruction else question,
        asked[-2] if len(asked) > 1 else "",
        [_passage(mark, place) for place, mark in enumerate(marks, 1)],
    )


def _passage(mark: re.Match[str], place: int) -> NumberedPassage:
    attributes = dict(ATTRIBUTE.findall(mark[1]))
    return NumberedPassage(
        attributes.get("number", str(place)), attributes.get("title", ""), mark[2]
    )


def _text(content: object) -> str:
    """The text of a message: one string, or the parts that are text."""
    if isinstance(content, str):
        return content
    parts = [part.get("text") for part in _list(content) if isinstance(part, dict)]
    return "\n".join(part for part in parts if isinstance(part, str))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
