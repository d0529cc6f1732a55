"""What a model is asked, less what its service refuses to be told."""

import re
from collections.abc import Collection, Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Final

from app.chat.prompts import Prompt
from app.chat.refusals import Refusal

Body = dict[str, Any]

SYSTEM: Final = "system"  # the role: its instructions go into the question
OTHER_NAMES: Final = {
    "max_tokens": "max_completion_tokens",
    "max_completion_tokens": "max_tokens",
}
NEEDED: Final = {"model", "messages"}
STREAM: Final = "stream"
STREAM_OPTIONS: Final = "stream_options"
MAX_MODELS: Final = 1000
NO_PARAMETERS: Final[Mapping[str, Any]] = MappingProxyType({})

# Statuses with which services refuse parameters; llama.cpp's templates fail with a 500.
STATUSES: Final = {None, HTTPStatus.BAD_REQUEST, 422, 500, 501}
UNSUPPORTED: Final = re.compile(
    r"unsupported|n[o']t (?:\w+ )?(?:support|permit|allow|recogni)|unknown|unrecogni|unexpected"
    r"|forbidden|only the default|instead",
    re.IGNORECASE,
)
# How services call a part, where that is not its name alone.
CALLED: Final = {
    STREAM: r"streaming is (?:not |un)\w+|n[o']t support streaming",
    STREAM_OPTIONS: r"stream[ _]?options|include_usage",
}
NO_SYSTEM: Final = re.compile(
    r"system[ _-](?:role|message|prompt|instruction)|role\W{1,12}system|['\"`]system\\?['\"`]"
    r"|\bsystem\b.{0,30}\brole"
    r"|roles must alternate|only.{0,40}\broles?\b|developer instruction|messages\S{0,12}role",
    re.IGNORECASE,
)


class RefusedParts:
    """What each model of a service refuses, for the life of the process."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = frozenset(known)
        self._learned: dict[str, frozenset[str]] = {}

    def of(self, model: str) -> frozenset[str]:
        """What this model is known to refuse."""
        return self._learned.get(model, self._known)

    def learn(self, model: str, parts: frozenset[str]) -> None:
        """Remembers what was left out of a request that this model then answered."""
        if parts != self.of(model):
            self._learned[model] = parts
            if len(self._learned) > MAX_MODELS:
                del self._learned[next(iter(self._learned))]


def create_body(
    model: str, prompt: Prompt, parameters: Mapping[str, Any] = NO_PARAMETERS, *, stream: bool
) -> Body:
    """All that a model is asked."""
    body: Body = {**parameters, "model": model, "messages": prompt, "stream": stream}
    if stream:
        body[STREAM_OPTIONS] = {"include_usage": True}
    return body


def leave_out(body: Body, parts: Collection[str]) -> Body:
    """The body without these parts; what has another name gets that."""
    if not parts:
        return body
    if STREAM in parts:
        parts = {*parts, STREAM_OPTIONS}
    left = {name: value for name, value in body.items() if name not in parts}
    for name, other in OTHER_NAMES.items():
        if name in parts and name in body and other not in parts:
            left[other] = body[name]
    if SYSTEM in parts:
        left["messages"] = _without_system(body["messages"])
    return left


def refused_parts(body: Body, refusal: Refusal) -> frozenset[str]:
    """Which parts of the body the refusal is about: those that it names."""
    if refusal.status not in STATUSES:
        return frozenset()
    parts = {name for name, value in body.items() if name not in NEEDED and value is not False}
    named = {refusal.param.partition(".")[0]} & parts
    if not named:
        named = {name for name in parts if _names(refusal.text, name)}
    if STREAM_OPTIONS in named:
        return frozenset({STREAM_OPTIONS})
    if not UNSUPPORTED.search(refusal.text):
        named = set()
    if not named and _has_system(body) and NO_SYSTEM.search(f"{refusal.param} {refusal.text}"):
        named = {SYSTEM}
    return frozenset(named)


def _names(text: str, name: str) -> bool:
    return re.search(CALLED.get(name, rf"\b{name}\b"), text, re.IGNORECASE) is not None


def _has_system(body: Body) -> bool:
    return any(message["role"] == SYSTEM for message in body["messages"])


def _without_system(prompt: Prompt) -> Prompt:
    """The same instructions, at the beginning of the newest question."""
    instructions = [message["content"] for message in prompt if message["role"] == SYSTEM]
    *earlier, question = (message for message in prompt if message["role"] != SYSTEM)
    content = "\n\n".join([*instructions, question["content"]])
    return [*earlier, {**question, "content": content}]
