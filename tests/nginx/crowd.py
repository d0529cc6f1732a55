"""Callers who ask through nginx, and what became of each of their questions."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from itertools import islice
from typing import Final

import aiohttp
import orjson

from benchmarks.answers import Answer, question
from tests.load.readers import NUMBERS
from tests.support.asking import ALL, COMPLETION_STREAM, QA_STREAM
from tests.support.server import content_of, parse_events

CALLERS: Final = 20
ANSWER: Final = Answer(tokens=10, tokens_per_second=40)
STREAMS: Final = (COMPLETION_STREAM, QA_STREAM)


class Crowd:
    """Asks by each path in turn: for completions and from documents, streamed and not."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self.answered: Counter[str] = Counter()  # by path
        self.refused: Counter[str] = Counter()  # by a server, with a 503
        self.turned_away = 0  # by nginx, with a 503
        self._session = session

    @asynccontextmanager
    async def asking(self, questions: int) -> AsyncIterator[None]:
        """So many questions are asked during the block, and all have ended after it."""
        numbers = islice(NUMBERS, questions)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(CALLERS):
                tasks.create_task(self._ask_all(numbers))
            yield

    async def _ask_all(self, numbers: Iterator[int]) -> None:
        for number in numbers:
            await self._ask(ALL[number % len(ALL)], number)

    async def _ask(self, path: str, number: int) -> None:
        body = {"message": question(number), "model": ANSWER.model}
        async with self._session.post(path, json=body) as response:
            content = await response.read()
        if response.status == 503:
            self._note_refusal(path, response, orjson.loads(content))
            return
        assert response.status == 200, content
        assert _text(path, content) == "".join(ANSWER.pieces(number))
        self.answered[path] += 1

    def _note_refusal(
        self, path: str, response: aiohttp.ClientResponse, problem: dict[str, object]
    ) -> None:
        assert response.headers["Retry-After"] == "1", problem
        assert response.content_type == "application/problem+json"
        assert problem["status"] == 503
        if "X-Request-ID" in response.headers:
            self.refused[path] += 1
        else:
            self.turned_away += 1


def _text(path: str, content: bytes) -> str:
    """That of a whole answer."""
    if path not in STREAMS:
        return str(orjson.loads(content)["message"])
    events = parse_events(content)
    assert events[-1]["event"] == "done", content
    return content_of(events)
