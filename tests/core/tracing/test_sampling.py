"""Which requests are traced where the operator does not say."""

import asyncio

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_ON, Decision

from app.core.tracing.sampling import BURST, TRACES_PER_SEC, RateLimitingSampler
from tests.conftest import SettingsFactory
from tests.support.asking import COMPLETION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import Request
from tests.support.otlp_receiver import CALLERS_SPAN, CALLERS_TRACE, TRACEPARENT, OtlpReceiver
from tests.support.server import serve

REQUESTS = 100  # at once: in less than the 16 s after which each of them would be traced
ODD = "swordfish"  # no traceparent, and no tracestate


class TestBucket:
    """The bucket of tokens, by a clock that the test sets."""

    @pytest.fixture(autouse=True)
    def _sampler(self) -> None:
        self.now = 1000.0
        self.sampler = RateLimitingSampler(lambda: self.now)

    def sampled(self, asked: int = 100) -> int:
        """How many of so many spans are sampled."""
        results = [self.sampler.should_sample(None, number, "GET") for number in range(asked)]
        return [result.decision for result in results].count(Decision.RECORD_AND_SAMPLE)

    def test_a_handful_is_sampled_whole(self) -> None:
        """The first requests are all sampled, and then none."""
        assert (self.sampled(), self.sampled()) == (BURST, 0)

    @pytest.mark.parametrize(
        ("seconds", "sampled"),
        [(1, TRACES_PER_SEC), (0.05, 0), (3600, BURST), (-5, 0)],
        ids=["a second", "less than a token", "a jump", "a jump back"],
    )
    def test_tokens_come_with_time(self, seconds: float, sampled: int) -> None:
        """After a while there are as many again as it brings, up to a burst, and no more."""
        self.sampled()
        self.now += seconds
        assert self.sampled() == sampled

    def test_parts_of_tokens_count(self) -> None:
        """Requests that come faster than tokens lose none of them."""
        self.sampled()
        granted = 0
        for _ in range(100):
            self.now += 0.01
            granted += self.sampled(1)
        assert granted == pytest.approx(TRACES_PER_SEC, abs=1)

    def test_span_keeps_what_it_was_given(self) -> None:
        """A span that is sampled has its attributes."""
        given = None, 1, "GET", None, {"a": 1}
        sampled = self.sampler.should_sample(*given)
        assert sampled.attributes == ALWAYS_ON.should_sample(*given).attributes == {"a": 1}


def told_of(request: Request) -> tuple[bool, bool]:
    """Whether a model works for the caller's trace, and whether that is sampled."""
    _, trace, _, flags = request.headers["traceparent"].split("-")
    return trace == CALLERS_TRACE, bool(int(flags, 16) & 1)


class TestService:
    """What a receiver gets of a service."""

    async def test_requests(
        self,
        make_settings: SettingsFactory,
        fake_openai: FakeOpenAI,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """A caller's trace is gone on with as it is, and of other requests a few are traced.

        Of headers that are no trace no word gets into the log.
        """
        headers = [
            {"traceparent": f"00-{CALLERS_TRACE}-{CALLERS_SPAN}-00"},
            {**TRACEPARENT, "tracestate": ODD},
            {"traceparent": ODD * 100},
        ]
        with OtlpReceiver() as receiver:
            async with serve(make_settings(OTEL_EXPORTER_OTLP_ENDPOINT=receiver.url)) as client:
                for given in headers:
                    await client.post(COMPLETION, json={"message": "Hi"}, headers=given)
                await asyncio.gather(*(client.get("/nothing") for _ in range(REQUESTS)))
                await client.post(COMPLETION, json={"message": "Hi"}, headers=TRACEPARENT)
            names = [span.name for span in receiver.spans]
            roots = [span for span in receiver.spans if span.name == f"POST {COMPLETION}"]
        told = [told_of(request) for request in fake_openai.requests]
        assert told == [(True, False), (True, True), (False, True), (True, True)]
        assert [root.trace_id == CALLERS_TRACE for root in roots] == [True, False, True]
        assert BURST - 1 <= names.count("GET") < REQUESTS
        assert ODD not in capsys.readouterr().err
