"""Clients that keep asking, and remember what they were told is stored."""

import asyncio
from contextlib import suppress
from random import Random
from typing import Any, Final

import aiohttp
import orjson

from benchmarks.answers import Answer, question
from tests.load.readers import NUMBERS
from tests.support.asking import COMPLETION, COMPLETION_STREAM
from tests.support.waiting import until

ANSWER: Final = Answer(tokens=20, tokens_per_second=40)
LONGEST_PAUSE_SEC: Final = 0.5
ANSWER_SEC: Final = 60.0
DONE: Final = b"event: done\ndata: "
PAGE: Final = 200


class Callers:
    """Each asks one question after the other, whatever becomes of it."""

    def __init__(self, session: aiohttp.ClientSession, random: Random) -> None:
        self.acknowledged: dict[str, bytes] = {}
        self.broken_off = 0
        self._unchecked: list[str] = []
        self._session = session
        self._random = random

    async def ask(self) -> None:
        """One caller, until it is cancelled."""
        while True:
            number = next(NUMBERS)
            try:
                answer = await self._answer(number)
            except (aiohttp.ClientError, TimeoutError):
                answer = None
            if answer is None:
                self.broken_off += 1
            else:
                self._note(answer, number)
            await asyncio.sleep(self._random.uniform(0, LONGEST_PAUSE_SEC))

    async def until_answered(self, times: int) -> None:
        """Returns once so many more answers have come."""
        enough = len(self.acknowledged) + times
        await until(lambda: len(self.acknowledged) >= enough, ANSWER_SEC)

    async def check_new(self) -> None:
        """What was acknowledged since the last time is stored, byte for byte as it was told."""
        unchecked, self._unchecked = self._unchecked, []
        await asyncio.gather(*map(self._check, unchecked))

    async def check_all(self) -> None:
        """All that was ever acknowledged is stored as it was told, and nothing is half done."""
        await until(self._is_settled, ANSWER_SEC)
        stored = {message["uuid"]: message for message in await self._stored()}
        for uuid, answer in self.acknowledged.items():
            assert stored.get(uuid) == orjson.loads(answer), f"{uuid} is lost"

    async def _answer(self, number: int) -> bytes | None:
        """The message as a 200 body, or the `done` event of a stream, has it."""
        path = self._random.choice((COMPLETION, COMPLETION_STREAM))
        body = {"message": question(number), "model": ANSWER.model}
        async with self._session.post(path, json=body) as response:
            content = await response.read()
        if response.status != 200:
            assert response.status >= 500, content
            return None
        if path == COMPLETION:
            return content
        _, done, message = content.rpartition(DONE)
        return message.removesuffix(b"\n\n") if done else None

    def _note(self, answer: bytes, number: int) -> None:
        message = orjson.loads(answer)
        assert message["message"] == "".join(ANSWER.pieces(number))
        self.acknowledged[message["uuid"]] = answer
        self._unchecked.append(message["uuid"])

    async def _check(self, uuid: str) -> None:
        async with self._session.get(f"/v1/messages/{uuid}") as response:
            assert response.status == 200, f"{uuid} is lost: {await response.text()}"
            assert await response.read() == self.acknowledged[uuid]

    async def _is_settled(self) -> bool:
        with suppress(aiohttp.ClientError):
            return "generating" not in {message["status"] for message in await self._stored()}
        return False

    async def _stored(self) -> list[dict[str, Any]]:
        stored: list[dict[str, Any]] = []
        while True:
            before = {"before": stored[-1]["id"]} if stored else {}
            params = {"limit": PAGE} | before
            async with self._session.get("/v1/messages", params=params) as response:
                page = await response.json()
            stored += page
            if len(page) < PAGE:
                return stored
