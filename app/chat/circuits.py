"""Which models of a service are down, so that they are left alone until they are back.

See docs/decisions/0053-a-circuit-for-each-model.md.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from random import uniform
from time import monotonic
from typing import Final

logger = logging.getLogger(__name__)

FAILURES: Final = 5  # in a row: each has been tried three times by the client
FIRST_PAUSE_SEC: Final = 2.0  # and twice as long each time
LONGEST_PAUSE_SEC: Final = 30.0
JITTER: Final = (0.75, 1.25)  # so that not all processes try at the same time
MAX_FAILING: Final = 1000  # models: clients name them


@dataclass(slots=True)
class _Circuit:
    """A model that has failed: how often in a row, and when it may be tried again."""

    failures: int = 0
    pause_sec: float = FIRST_PAUSE_SEC
    paused_until: float = 0.0

    @property
    def is_open(self) -> bool:
        """Whether it counts as down."""
        return self.failures >= FAILURES


class Circuits:
    """The models of one service that fail; those that answer take no memory.

    A model that has failed FAILURES times in a row is down. It is then asked once in each pause,
    until it answers.
    """

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._failing: dict[str, _Circuit] = {}

    def wait_sec(self, model: str) -> float:
        """Seconds until a model may be asked; 0 admits this question, which may be the probe."""
        circuit = self._failing.get(model)
        if circuit is None or not circuit.is_open:
            return 0.0
        wait_sec = circuit.paused_until - self._now()
        if wait_sec > 0:
            return wait_sec
        self._pause(circuit)  # the others wait for how this one fares
        return 0.0

    def note(self, model: str, *, is_up: bool | None) -> None:
        """Counts what an attempt has shown of a model; None: nothing."""
        if is_up:
            circuit = self._failing.pop(model, None)
            if circuit is not None and circuit.is_open:
                logger.info("The model %s answers again", model)
        elif is_up is not None:
            self._fail(model)

    def _fail(self, model: str) -> None:
        circuit = self._failing.setdefault(model, _Circuit())
        circuit.failures += 1
        if len(self._failing) > MAX_FAILING:
            del self._failing[next(iter(self._failing))]
        if circuit.failures == FAILURES:
            self._pause(circuit)
            logger.warning("The model %s is down, and is asked only now and then", model)

    def _pause(self, circuit: _Circuit) -> None:
        pause_sec = min(circuit.pause_sec, LONGEST_PAUSE_SEC)
        jitter = uniform(*JITTER)  # noqa: S311 - no secret
        circuit.paused_until = self._now() + pause_sec * jitter
        circuit.pause_sec = 2 * pause_sec
