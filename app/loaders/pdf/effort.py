"""How much work a PDF may make: a few bytes can have the same things drawn a million times."""

from typing import Final

from pypdf.errors import LimitReachedError

# In microseconds of a core, roughly. What people write takes a hundredth of what its bytes allow.
FREE: Final = 3_000_000
OF_A_BYTE: Final = 100
ENTRY: Final = 20  # of a page's resources or annotations
GLYPH: Final = 5
DRAWN_AT_ONCE: Final = 4  # bytes that are drawn again, which pdfium reads quickly


class Effort:
    """What of the work that the size of a file allows is left."""

    def __init__(self, size: int) -> None:
        self._left = FREE + OF_A_BYTE * size

    def spend(self, work: int) -> None:
        """Raises LimitReachedError when nothing is left."""
        self._left -= work
        if self._left < 0:
            raise LimitReachedError
