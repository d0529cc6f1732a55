"""The answers that this process is generating, and how long they go on without a reader."""

import asyncio
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from app.chat.generation import Generation
from app.chat.models import Message
from app.core.caller import Caller

FOLLOWED_SEC: Final = 5.0  # so long the word of another process that it follows an answer counts


@dataclass(frozen=True)
class _Answer:
    caller: Caller
    generation: Generation
    task: asyncio.Task[None]


class GenerationsUnderWay:
    """Runs generations; one that nobody follows is cancelled `grace_sec` later."""

    def __init__(self, grace_sec: float) -> None:
        self._grace_sec = grace_sec
        self._answers: dict[UUID, _Answer] = {}

    def run(
        self, caller: Caller, generation: Generation, answering: Awaitable[Message], *, stream: bool
    ) -> None:
        """Starts one; only a stream has a grace."""
        if stream and self._grace_sec:
            generation.when_unfollowed = partial(self._wait_for_followers, generation)
        uuid = generation.start.uuid
        task = asyncio.create_task(generation.run(answering))
        self._answers[uuid] = _Answer(caller, generation, task)
        task.add_done_callback(lambda _: self._answers.pop(uuid))

    @property
    def uuids(self) -> Collection[UUID]:
        """Of all answers that this process is generating."""
        return self._answers.keys()

    def find(self, caller: Caller, uuid: UUID) -> Generation | None:
        """One of the caller's, if this process is generating it."""
        answer = self._answers.get(uuid)
        if answer is None or answer.caller.user_id != caller.user_id:
            return None
        return answer.generation

    def heed(self, uuid: UUID, *, cancel: bool) -> None:
        """Does what another process asks for: cancels one, or knows that it is followed there."""
        answer = self._answers.get(uuid)
        if answer is None:
            return
        if cancel:
            answer.generation.deadline.cancel()
        else:
            answer.generation.followed_elsewhere_at = asyncio.get_running_loop().time()

    async def close(self) -> None:
        """Cancels them all, and waits until what there is of them is stored."""
        answers = list(self._answers.values())
        for answer in answers:
            answer.generation.deadline.cancel()
        await asyncio.gather(*(answer.task for answer in answers))

    def _wait_for_followers(self, generation: Generation) -> None:
        loop = asyncio.get_running_loop()
        loop.call_later(self._grace_sec, self._cancel_unless_followed, generation)

    def _cancel_unless_followed(self, generation: Generation) -> None:
        if generation.has_ended or generation.is_followed:
            return
        silence = asyncio.get_running_loop().time() - generation.followed_elsewhere_at
        if silence < FOLLOWED_SEC:
            self._wait_for_followers(generation)
        else:
            generation.deadline.cancel()
