"""The answers that this process is generating, and how long they go on without a reader."""

import asyncio
from collections.abc import Awaitable, Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.chat.generation import Generation
from app.chat.models import Message
from app.core.caller import Caller

FOLLOWED_SEC: Final = 10.0  # so long the word of another process that it follows an answer counts


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
        self._graces: dict[UUID, asyncio.TimerHandle] = {}  # of answers that nobody follows here

    def run(
        self,
        caller: Caller,
        generation: Generation,
        answering: Awaitable[Message],
        *,
        stream: bool,
        has_grace: bool = True,
    ) -> None:
        """Starts one; only a stream has a grace."""
        if stream and has_grace and self._grace_sec:
            generation.when_unfollowed = self._wait_for_followers
        generation.is_streamed = stream
        uuid = generation.start.uuid
        task = asyncio.create_task(generation.run(answering))
        self._answers[uuid] = _Answer(caller, generation, task)
        task.add_done_callback(lambda _: self._forget(uuid))

    @property
    def uuids(self) -> Collection[UUID]:
        """Of all answers that this process is generating."""
        return self._answers.keys()

    @property
    def stored_uuids(self) -> list[UUID]:
        """Of those whose row is committed: where it is gone, it has been deleted."""
        return [uuid for uuid, answer in self._answers.items() if answer.generation.is_stored]

    def find(self, caller: Caller, uuid: UUID) -> Generation | None:
        """One of the caller's, if this process is generating it."""
        answer = self._answers.get(uuid)
        if answer is None or answer.caller.user_id != caller.user_id:
            return None
        return answer.generation

    def heed(self, uuid: UUID, *, cancel: bool) -> None:
        """Cancels one as Postgres says, or knows that another process follows it."""
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
        uuid = generation.start.uuid
        self._end_grace(uuid)  # that of a reader who has come back since, and left again
        loop = asyncio.get_running_loop()
        self._graces[uuid] = loop.call_later(
            self._grace_sec, self._cancel_unless_followed, generation
        )

    def _end_grace(self, uuid: UUID) -> None:
        grace = self._graces.pop(uuid, None)
        if grace is not None:
            grace.cancel()

    def _forget(self, uuid: UUID) -> None:
        del self._answers[uuid]
        self._end_grace(uuid)

    def _cancel_unless_followed(self, generation: Generation) -> None:
        if generation.has_ended or generation.is_followed:
            return
        silence = asyncio.get_running_loop().time() - generation.followed_elsewhere_at
        if silence < FOLLOWED_SEC:
            self._wait_for_followers(generation)
        else:
            generation.deadline.cancel()
