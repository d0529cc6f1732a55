"""Which requests are traced, where the operator does not say: docs/decisions/0068-traces.md."""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    ParentBased,
    Sampler,
    SamplingResult,
)

TRACES_PER_SEC: Final = 2.0  # these take a process less than a hundredth of a core
BURST: Final = 20.0  # whoever tries a few requests sees each of them


def default_sampler() -> Sampler:
    """A caller's trace is sampled as its caller says, other requests a few times a second."""
    return ParentBased(RateLimitingSampler())


class RateLimitingSampler(Sampler):
    """Samples while a token bucket has a token; each process has a bucket of its own.

    Two threads that ask at the same moment may be given one token: a trace more, and no harm.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._tokens = BURST
        self._filled_at = now()

    def should_sample(self, *arguments: Any, **named: Any) -> SamplingResult:
        """Whether a span without a parent is made, as the SDK's samplers say it."""
        decided = ALWAYS_ON if self._take() else ALWAYS_OFF
        return decided.should_sample(*arguments, **named)

    def get_description(self) -> str:
        """What it is, as the SDK's own samplers say it."""
        return f"RateLimiting{{{TRACES_PER_SEC:g}/s,burst={BURST:g}}}"

    def _take(self) -> bool:
        now = self._now()
        self._tokens = min(BURST, self._tokens + (now - self._filled_at) * TRACES_PER_SEC)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
