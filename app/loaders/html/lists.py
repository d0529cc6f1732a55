"""The numbers of a list's items as a browser shows them: 3., c., iii."""

from collections.abc import Mapping
from typing import Final

from app.loaders.html.numbers import number_of

ROMAN: Final = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
MAX_ROMAN: Final = 3999
STYLES: Final = {
    "lower-alpha": "a", "lower-latin": "a", "upper-alpha": "A", "upper-latin": "A",
    "lower-roman": "i", "upper-roman": "I",
}  # fmt: skip


class HtmlList:
    """A list that is open; one without numbers marks its items with dashes."""

    __slots__ = ("_is_numbered", "_kind", "_next", "_step")  # a page may open millions

    def __init__(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._is_numbered = tag == "ol"
        self._next = number_of(attributes.get("start", ""), 1)
        self._step = -1 if "reversed" in attributes and "start" in attributes else 1
        self._kind = attributes.get("type", "1")
        for style, kind in STYLES.items():
            if style in attributes.get("style", ""):
                self._kind = kind

    def marker(self, attributes: Mapping[str, str]) -> str:
        """The mark of the next item."""
        if not self._is_numbered:
            return "-"
        number = number_of(attributes.get("value", ""), self._next)
        self._next = number + self._step
        return f"{_written(number, self._kind)}."


def _written(number: int, kind: str) -> str:
    if number > 0 and kind in ("a", "A"):
        return _letters(number) if kind == "a" else _letters(number).upper()
    if 0 < number <= MAX_ROMAN and kind in ("i", "I"):
        return _roman(number) if kind == "i" else _roman(number).upper()
    return str(number)


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


def _roman(number: int) -> str:
    written = ""
    for value, letters in ROMAN:
        count, number = divmod(number, value)
        written += letters * count
    return written
