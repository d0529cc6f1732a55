"""Puts questions to a running service, whatever model answers there, and judges the answers."""

import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from aiohttp import ClientError, ClientSession, ClientTimeout

from app.client.service import authorization, refused_key
from evaluation.dataset import ExpectedAnswer
from evaluation.exceptions import ServiceUnreachable

TIMEOUT: Final = ClientTimeout(total=300)
MARKS: Final = re.compile(r"[*_`|]")  # of Markdown, which a model may leave out


class JudgedAnswer(NamedTuple):
    """A question, what it was answered, and whether a right sentence stands in that."""

    question: str
    answer: str
    is_right: bool


async def ask_service(
    url: str, expected: Sequence[ExpectedAnswer], model: str | None = None
) -> list[JudgedAnswer]:
    """The answers of the service at this address, judged; ServiceUnreachable if there is none.

    They are those of its own model unless another one is named. The key is that of BRAG_API_KEY.
    """
    try:
        async with ClientSession(timeout=TIMEOUT, headers=authorization()) as session:
            return [await _ask(session, url, question, model) for question in expected]
    except ClientError as error:
        raise ServiceUnreachable(
            f"No service answers at {url}: start one, as with `brag run`, or give its --url."
        ) from error


def is_right(answer: str, sentences: Sequence[str]) -> bool:
    """Whether one of these sentences, or parts of sentences, stands in the answer."""
    return any(_plain(sentence) in _plain(answer) for sentence in sentences)


async def _ask(
    session: ClientSession, url: str, expected: ExpectedAnswer, model: str | None
) -> JudgedAnswer:
    question = {"message": expected.question, "model": model}
    async with session.post(f"{url}/v1/qa-create", json=question) as response:
        if response.status == HTTPStatus.UNAUTHORIZED:
            raise ServiceUnreachable(refused_key())
        body = await response.json(content_type=None)
    answer = str(body.get("message") or body.get("detail"))
    return JudgedAnswer(expected.question, answer, is_right(answer, expected.answers))


def _plain(text: str) -> str:
    return " ".join(MARKS.sub("", text).casefold().split())
