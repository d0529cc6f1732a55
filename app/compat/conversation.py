"""What a client has told of a conversation, pure: its question, and what comes before it."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import NamedTuple

from app.chat.models import ClientPrompt
from app.compat.constants import PARAMETERS
from app.compat.models import ChatCompletionRequest, ChatMessage
from app.retrieval.models import Turn

INSTRUCTORS = ("system", "developer")
USER = "user"
BETWEEN = "\n\n"


class Conversation(NamedTuple):
    """The last message of the user, its place in the request, and what else a prompt needs."""

    question: str
    position: int
    client: ClientPrompt


def read_conversation(request: ChatCompletionRequest) -> Conversation | None:
    """The conversation of a request; None where it does not end with a message of the user."""
    *earlier, last = _said(request.messages)
    position, message = last
    if message.role != USER:
        return None
    given = ((name, getattr(request, name)) for name in PARAMETERS)
    client = ClientPrompt(
        tuple(_turns(message for _, message in earlier)),
        BETWEEN.join(
            message.content for message in request.messages if message.role in INSTRUCTORS
        ),
        {name: value for name, value in given if value is not None},
    )
    return Conversation(message.content, position, client)


def _said(messages: list[ChatMessage]) -> list[tuple[int, ChatMessage]]:
    """The messages of user and assistant, each with its place; the last message in any case."""
    said = [
        (position, message)
        for position, message in enumerate(messages)
        if message.role not in INSTRUCTORS
    ]
    return said or [(len(messages) - 1, messages[-1])]


def _turns(messages: Iterable[ChatMessage]) -> Iterator[Turn]:
    """Each question with its answer; either may be missing. Messages of a role in a row are one."""
    question = ""
    for role, group in groupby(messages, key=lambda message: message.role):
        text = BETWEEN.join(message.content for message in group if message.content.strip())
        if role == USER:
            question = text
        else:
            yield Turn(question, text)
            question = ""
    if question:
        yield Turn(question, "")
