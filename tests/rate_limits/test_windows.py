"""What the window remembers, and what it forgets."""

from app.rate_limits.windows import MovingWindow
from tests.rate_limits.service import Clock


class TestMemory:
    def test_no_more_keys_are_kept_than_may_be(self) -> None:
        """However many keys come, those that were hit last are kept."""
        window = MovingWindow(limit=1, seconds=60, now=Clock(), max_keys=10)
        for key in range(1000):
            window.hit(key)
        assert len(window) == 10
        assert [window.look(key).is_granted for key in (989, 990, 999)] == [True, False, False]

    def test_key_that_is_hit_again_is_kept(self) -> None:
        """A key that goes on being hit is not forgotten for those that came later."""
        window = MovingWindow(limit=100, seconds=60, now=Clock(), max_keys=10)
        for key in range(1, 50):
            window.hit("steady")
            window.hit(key)
        assert window.look("steady").remaining == 100 - 49

    def test_what_is_over_is_forgotten(self) -> None:
        """As others come, keys go whose window is over."""
        clock = Clock()
        window = MovingWindow(limit=1, seconds=60, now=clock)
        for key in range(100):
            window.hit(key)
        clock.seconds += 60
        for key in range(100, 200):
            window.hit(key)
        assert len(window) == 100

    def test_look_keeps_nothing(self) -> None:
        """Looking at a key is no hit."""
        window = MovingWindow(limit=1, seconds=60, now=Clock())
        assert window.look("a") == (True, 1, 0.0)
        assert len(window) == 0
