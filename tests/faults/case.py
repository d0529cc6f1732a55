"""A request to a service of which a dependency fails: what is to hold, whatever it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Final

from app.chat.constants import QUESTIONS
from app.compat.constants import COMPLETIONS
from settings import Settings
from tests.faults.answers import (
    Answer,
    assert_kept,
    assert_readiness,
    assert_recovers,
    judge,
    send,
)
from tests.faults.endpoints import Call, arranged
from tests.faults.service import Service
from tests.support.network import Network
from tests.support.network_faults import Fault
from tests.support.waiting import until

BEFORE, DURING, AFTER = "before", "during", "after"
# What a question may be told that waits for the only place.
CROWDED: Final = {(503, "overloaded"), (504, "stream_timeout")}
UNTRIED: Final = "SELECT FROM job WHERE attempts = 0"


@dataclass
class Case:
    """One endpoint and one dependency of it; `bytes` pass between them in an ordinary request."""

    service: Service
    operation: str
    documented: dict[str, set[str]]
    dependency: str
    bytes: int

    async def run(self, fault: Fault, moment: str) -> None:
        """Breaks the dependency, judges what clients are told, mends it, and sees what is kept."""
        self.service.smtp.emails.clear()
        async with arranged(self.service, self.operation) as call:
            try:
                answers = [answer async for answer in self._answers(call, fault, moment)]
                await self._strike_jobs(fault)
                if fault.has_struck:
                    is_up = fault.is_harmless or fault.is_passing
                    await assert_readiness(self.service, self.dependency, is_up=is_up)
            finally:
                await self._network.end()
            statuses = self.documented[self.operation]
            for answer in answers:
                judge(answer, statuses, self.dependency, must_succeed=fault.is_harmless)
        await self.service.settle()
        for answer in answers:
            await assert_kept(self.service, answer)
        if fault.has_struck:
            await self._recover(call)

    @property
    def _network(self) -> Network:
        return self.service.networks[self.dependency]

    async def _answers(self, call: Call, fault: Fault, moment: str) -> AsyncIterator[Answer]:
        """What clients are told; a fault that comes afterwards meets the same request again."""
        if moment == AFTER:
            yield await send(call)
        if moment == DURING:
            self._network.begin_after(self.bytes // 2, fault)
        else:
            await self._network.begin(fault)
        yield await send(call, again=moment == AFTER)

    async def _strike_jobs(self, fault: Fault) -> None:
        """Waits until what the request has left to be done has met the fault, or is done."""

        async def have_met() -> bool:
            if not fault.has_struck:
                return not await self.service.left_behind()
            # Where Postgres fails, no job is so much as begun.
            return self.dependency == "postgres" or not await self.service.sql(UNTRIED)

        await until(have_met)

    async def _recover(self, call: Call) -> None:
        if call.has_key:
            await assert_recovers(call)
        else:
            async with arranged(self.service, self.operation) as another:
                await assert_recovers(another)
        await self.service.settle()


async def run_together(cases: list[Case], fault: Fault, share: float) -> None:
    """All requests at once, and the fault once a share of their bytes has passed."""
    service, network = cases[0].service, cases[0].service.networks[cases[0].dependency]
    service.smtp.emails.clear()
    async with AsyncExitStack() as stack:
        calls = [
            await stack.enter_async_context(arranged(service, case.operation)) for case in cases
        ]
        network.begin_after(int(share * sum(case.bytes for case in cases)), fault)
        try:
            answers = await asyncio.gather(*map(send, calls))
        finally:
            await network.end()
    await service.settle()
    for case, answer in zip(cases, answers, strict=True):
        if answer.response is None or answer.told not in CROWDED:
            # So many at once take long by themselves: what counts is the time after the fault. A
            # question waits for the only place before that.
            is_question = case.operation.removeprefix("POST ") in {*QUESTIONS, COMPLETIONS}
            queue_sec = Settings().QUEUE_TIMEOUT_SEC if is_question else 0
            timed = answer.after(network.broken_at + queue_sec)
            judge(timed, case.documented[case.operation], case.dependency, must_succeed=False)
        await assert_kept(service, answer)
    await assert_readiness(service, cases[0].dependency, is_up=True)
