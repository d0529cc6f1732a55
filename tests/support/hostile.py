"""Texts that are meant to be hard to read, of any length."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Text = Callable[[int], str]


@dataclass(frozen=True)
class Repeated:
    """Something again and again, after something else and before what makes it fail."""

    unit: str
    before: str = ""
    after: str = ""

    def __call__(self, size: int) -> str:
        """So much of it that it has about `size` characters."""
        return self.before + self.unit * max(1, size // len(self.unit)) + self.after


@dataclass(frozen=True)
class Nested:
    """Something that is opened again and again, and then closed as often."""

    opening: str
    closing: str

    def __call__(self, size: int) -> str:
        """As deep as `size` characters make it."""
        depth = max(1, size // len(self.opening + self.closing))
        return self.opening * depth + self.closing * depth


@dataclass(frozen=True)
class Distinct:
    """Words of which no two are the same."""

    form: str

    def __call__(self, size: int) -> str:
        """So many that they have about `size` characters."""
        length = len(self.form.format(0)) + 4
        return "".join(
            self.form.format(number) for number in range(10_000, 10_000 + size // length)
        )


UNITS: Final = (
    *'a1 \n\r.-_/;=?"([{<&%',
    *"\\#§*`|@\x00é字か가กमΣ😀⁹½",
    *("a ", "a\n", "a.", "a. ", "a? ", "a,", "1.", "A1-", "aA", "is? ", "字。", "a\u0301"),
    *("\u0301\u0327", "\u094d\u093c", "<a>", "<!--", "=?utf-8?q?a?=", "[a](", "\r\n--", "data:a\n"),
)
TEXTS: Final[tuple[Text, ...]] = (
    *map(Repeated, UNITS),
    *(Repeated(unit, after="!") for unit in ("a", "1", " ", "a-")),
    *(Repeated(unit, before='"') for unit in ("a", "\\", ";")),
    *(Nested("(", ")"), Nested("[", "]"), Nested("<b>", "</b>"), Nested('{"a":', "0}")),
    *map(Distinct, ("w{} ", "w{}\n", "W{}-a ", "{}? ", "字{}", '"{}",')),
)
PIECES: Final = (" ", "\n", "a", '"', "[", "data:", 'data: {"a":', "data:a\n", "<think>", "x\n\n")
