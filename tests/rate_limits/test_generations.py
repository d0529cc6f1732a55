"""How many answers are generated for one user at a time."""

from contextlib import ExitStack
from uuid import uuid4

import pytest

from app.core.caller import NOBODY, Caller
from app.core.exceptions import RateLimited
from app.rate_limits.generations import GenerationLimits

ANN, BOB = Caller(1), Caller(2)
ANNS_KEY = Caller(1, key_uuid=uuid4())


class TestOf:
    def test_one_too_many_is_refused(self) -> None:
        """A user's generation beyond the limit is refused in a sentence, with whichever key."""
        limits = GenerationLimits(2)
        with limits.of(ANN), limits.of(ANNS_KEY):
            for caller in (ANN, ANNS_KEY):
                sentence = r"^Only 2 of your answers can be generated at a time\."
                with pytest.raises(RateLimited, match=sentence), limits.of(caller):
                    pass
            with limits.of(BOB):
                pass

    def test_end_makes_room(self) -> None:
        """A generation that ends, well or not, makes room for another."""
        limits = GenerationLimits(1)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError), limits.of(ANN):
                raise ZeroDivisionError

    def test_refusal_makes_no_room(self) -> None:
        """A refused generation makes no room for another."""
        limits = GenerationLimits(1)
        with limits.of(ANN):
            for _ in range(2):
                with pytest.raises(RateLimited), limits.of(ANN):
                    pass

    def test_nobody_has_no_limit(self) -> None:
        """Where nobody signs in, MAX_CONCURRENT_GENERATIONS alone is the limit."""
        limits = GenerationLimits(1)
        with ExitStack() as running:
            for _ in range(10):
                running.enter_context(limits.of(NOBODY))
