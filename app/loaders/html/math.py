"""Formulas in MathML as a line of text: x², a/b, √2."""

from collections.abc import Callable
from typing import Final

from app.loaders.marks import Mark, MarkKind

MAX_DEPTH: Final = 50  # of parts within each other: deeper ones are mere text
TOKENS: Final = frozenset({"mi", "mn", "mo", "ms", "mtext"})
INVISIBLE: Final = dict.fromkeys(range(0x2061, 0x2065))


class Formula:
    """A formula that is open: starts, ends and text in, one line out."""

    def __init__(self) -> None:
        self._parts: list[tuple[str, list[str]]] = [("math", [])]
        self._deeper = 0

    def start(self, tag: str) -> None:
        """An element within the formula begins."""
        if self._deeper or len(self._parts) > MAX_DEPTH:
            self._deeper += 1
        else:
            self._parts.append((tag, []))

    def end(self) -> bool:
        """An element ends; tells whether it was the formula itself."""
        if self._deeper:
            self._deeper -= 1
            return False
        if len(self._parts) == 1:
            return True
        tag, parts = self._parts.pop()
        self._parts[-1][1].append(_written(tag, parts))
        return False

    def data(self, text: str) -> None:
        """Text; blank space between the parts of a formula is not shown."""
        tag, parts = self._parts[-1]
        if tag in TOKENS or text.strip():
            parts.append(" ".join(text.translate(INVISIBLE).split()))

    def text(self) -> str:
        """The line."""
        return _written(*self._parts[0])


def _written(tag: str, parts: list[str]) -> str:
    known = WRITERS.get(tag)
    if known and len(parts) == known[0]:
        return known[1](*parts)
    joint = " " if tag in {"mtable", "mtr", "mlabeledtr"} else ""
    inner = joint.join(parts)
    if tag == "mfenced":
        return f"({inner})"
    return f"√{_group(inner)}" if tag == "msqrt" else inner or (" " if tag == "mspace" else "")


def _group(text: str) -> str:
    return text if text.isalnum() or len(text) == 1 else f"({text})"


def _raised(base: str, above: str) -> str:
    return base + Mark(MarkKind.RAISED, 0).apply(above)


def _lowered(base: str, below: str) -> str:
    return base + Mark(MarkKind.LOWERED, 0).apply(below)


def _both(base: str, below: str, above: str) -> str:
    return _raised(_lowered(base, below), above)


def _fraction(above: str, below: str) -> str:
    return f"{_group(above)}/{_group(below)}"


def _root(base: str, degree: str) -> str:
    return f"{_raised('', degree)}√{_group(base)}"


WRITERS: Final[dict[str, tuple[int, Callable[..., str]]]] = {
    "msup": (2, _raised),
    "msub": (2, _lowered),
    "msubsup": (3, _both),
    "mover": (2, _raised),
    "munder": (2, _lowered),
    "munderover": (3, _both),
    "mfrac": (2, _fraction),
    "mroot": (2, _root),
}
