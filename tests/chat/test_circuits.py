"""Models that are down: when they count as that, and when they are asked again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from async_timeout import timeout_at

from app.chat import circuits
from app.chat.attempts import Service
from app.chat.circuits import FAILURES, FIRST_PAUSE_SEC, JITTER, LONGEST_PAUSE_SEC, Circuits
from app.chat.events import Delta
from app.chat.exceptions import OpenAIUnavailable
from app.chat.prompts import Prompt
from app.chat.upstream import Target, Upstream
from app.core.exceptions import BragError
from app.core.llm import create_openai
from settings import Settings
from tests.rate_limits.service import Clock
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.openai_replies import CUT, Reply, after, error, stream, text

NEVER = asyncio.Event()
PROMPT: Prompt = [{"role": "user", "content": "Hi"}]

DOWN = "down"


def failed(model: str = "m", times: int = FAILURES) -> tuple[Circuits, Clock]:
    """Circuits of a model that has failed, and their clock."""
    clock = Clock()
    failing = Circuits(clock)
    for _ in range(times):
        failing.note(model, is_up=False)
    return failing, clock


class TestCircuits:
    def test_some_failures_in_a_row_open_it(self) -> None:
        """A model that fails again and again is not asked, while every other one is."""
        assert failed(times=FAILURES - 1)[0].wait_sec("m") == 0
        failing, _ = failed()
        wait_sec = failing.wait_sec("m")
        assert FIRST_PAUSE_SEC * JITTER[0] <= wait_sec <= FIRST_PAUSE_SEC * JITTER[1]
        assert failing.wait_sec("another") == 0

    @pytest.mark.parametrize(("is_up", "is_asked"), [(True, True), (None, False)])
    def test_answer_between_failures(self, *, is_up: bool | None, is_asked: bool) -> None:
        """An answer ends the row; what says nothing of the model neither ends nor lengthens it."""
        failing, _ = failed(times=FAILURES - 1)
        failing.note("m", is_up=is_up)
        failing.note("m", is_up=False)
        assert (failing.wait_sec("m") == 0) is is_asked

    def test_one_question_a_pause_is_a_probe(self) -> None:
        """After each pause one question is asked; each pause is longer, up to the longest."""
        failing, clock = failed()
        pauses = []
        for _ in range(10):
            pauses.append(failing.wait_sec("m"))
            clock.seconds += pauses[-1]
            assert failing.wait_sec("m") == 0
        assert failing.wait_sec("m") > 0
        assert pauses[0] < pauses[2] < pauses[4]
        assert LONGEST_PAUSE_SEC * JITTER[0] <= pauses[-1] <= LONGEST_PAUSE_SEC * JITTER[1]

    def test_answer_closes_it(self) -> None:
        """A model that answers is asked again, and may fail as often as before."""
        failing, _ = failed()
        failing.note("m", is_up=True)
        failing.note("m", is_up=False)
        assert failing.wait_sec("m") == 0

    def test_no_more_than_some_models_are_kept(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """However many names clients invent, those that failed last are kept."""
        monkeypatch.setattr(circuits, "MAX_FAILING", 1)
        failing, _ = failed("first")
        failing.note("second", is_up=False)
        assert failing.wait_sec("first") == 0


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Service]:
    """A service whose client tries once."""
    async with await asyncio.to_thread(create_openai, Settings(OPENAI_BASE_URL=url)) as client:
        yield Service(client.with_options(max_retries=0))


async def ask(upstream: Upstream, seconds: float = 60) -> str:
    """The answer, for which there is so much time, or what went wrong."""
    ends_at = asyncio.get_running_loop().time() + seconds
    answer = ""
    try:
        async with timeout_at(ends_at):
            async for part in upstream.complete("m", PROMPT, stream=True, ends_at=ends_at):
                answer += part.content if isinstance(part, Delta) else ""
    except TimeoutError:
        return "stream_timeout"
    except OpenAIUnavailable:
        return DOWN
    except BragError as fault:
        return fault.code
    return answer


class TestWhatCounts:
    """What shows that a model is down."""

    @pytest.mark.parametrize(
        ("reply", "is_down"),
        [
            pytest.param(error(502), True, id="502"),
            pytest.param(error(503), True, id="503"),
            pytest.param(error(500), False, id="500"),
            pytest.param(error(429), False, id="429"),
            pytest.param(error(401), False, id="401"),
            pytest.param(stream(), False, id="empty"),
            pytest.param(stream(CUT), False, id="cut"),
            pytest.param(stream("Hel", CUT), False, id="cut after text"),
        ],
    )
    async def test_answer(self, fake_openai: FakeOpenAI, *, reply: Reply, is_down: bool) -> None:
        """A gateway that finds nobody shows it; what may be due to one question does not."""
        fake_openai.reply(reply, times=FAILURES)
        async with opened(fake_openai.url) as service:
            upstream = Upstream(service)
            for _ in range(FAILURES):
                await ask(upstream)
            assert (await ask(upstream) == DOWN) is is_down
        assert len(fake_openai.requests) == FAILURES + (not is_down)

    async def test_nobody_there(self) -> None:
        """A service that cannot be reached is down."""
        async with opened(refusing_url()) as service:
            codes = [await ask(Upstream(service)) for _ in range(FAILURES + 1)]
        assert codes == [*["openai_error"] * FAILURES, DOWN]

    async def test_silence(self, fake_openai: FakeOpenAI) -> None:
        """A service that says nothing until all the time is over is down."""
        fake_openai.reply(after(NEVER, text("late")), *[stream(NEVER)] * (FAILURES - 1))
        async with opened(fake_openai.url) as service:
            codes = [await ask(Upstream(service), 0.1) for _ in range(FAILURES + 1)]
        assert codes == [*["stream_timeout"] * FAILURES, DOWN]

    async def test_client_that_leaves(self, fake_openai: FakeOpenAI) -> None:
        """Clients that leave before there is an answer show nothing."""
        fake_openai.reply(after(NEVER, text("late")), times=FAILURES)
        async with opened(fake_openai.url) as service:
            for _ in range(FAILURES):
                asking = asyncio.create_task(ask(Upstream(service)))
                await fake_openai.arrival()
                asking.cancel()
                with suppress(asyncio.CancelledError):
                    await asking
            assert await ask(Upstream(service)) == "Echo: Hi"

    async def test_answer_closes_it(self, fake_openai: FakeOpenAI) -> None:
        """The first question after a pause is asked; its answer lets all others through."""
        fake_openai.reply(error(503), times=FAILURES)
        async with opened(fake_openai.url) as service:
            clock = Clock()
            service.circuits = Circuits(clock)
            codes = [await ask(Upstream(service)) for _ in range(FAILURES + 1)]
            assert codes[-1] == DOWN
            clock.seconds += FIRST_PAUSE_SEC * JITTER[1]
            assert [await ask(Upstream(service)) for _ in range(2)] == ["Echo: Hi"] * 2


class TestShareOfTheTime:
    """How long one upstream is waited for before the next is asked."""

    @pytest.mark.parametrize(
        "reply", [after(NEVER, text("late")), stream(NEVER)], ids=["deaf", "dumb"]
    )
    async def test_silent_one_leaves_time(self, fake_openai: FakeOpenAI, reply: Reply) -> None:
        """One that hangs is given up while there is time for its fallback."""
        fake_openai.reply(reply)
        async with opened(fake_openai.url) as service:
            upstream = Upstream(service, fallbacks={"m": [Target(service, "other")]})
            assert await ask(upstream, 1) == "Echo: Hi"
        assert [request.body["model"] for request in fake_openai.requests] == ["m", "other"]
        assert fake_openai.requests[0].disconnected.is_set()

    async def test_text_may_take_all_the_time(self, fake_openai: FakeOpenAI) -> None:
        """One that has begun is not given up, however long it then takes."""
        released = asyncio.Event()
        fake_openai.reply(stream("Hel", released, "lo"))
        async with opened(fake_openai.url) as service:
            upstream = Upstream(service, fallbacks={"m": [Target(service, "other")]})
            asyncio.get_running_loop().call_later(1.1, released.set)
            assert await ask(upstream, 2) == "Hello"
        assert len(fake_openai.requests) == 1
