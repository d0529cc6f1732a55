"""Marks within a line that change what its text means: raised, lowered, struck out, linked."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

MAX_ADDRESS_CHARS: Final = 1_000  # longer ones hold somebody's state, and would fill passages
RAISED: Final = dict(zip("0123456789+-\u2212=()in", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁱⁿ", strict=True))
LOWERED: Final = dict(
    zip("0123456789+-\u2212=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True)
)
# Raised by custom, with the same meaning on the line.
SAME_ON_THE_LINE: Final = frozenset(
    {"st", "nd", "rd", "th", "er", "re", "ère", "de", "nde", "ème", "eme", "tm", "sm"}
)
LEADS_NOWHERE: Final = re.compile(r"\s*+(?:#|javascript:|data:|about:|\Z)", re.IGNORECASE)
SCHEME: Final = re.compile(r"(?:mailto:|tel:|https?://)(?:www\.)?", re.IGNORECASE)
IN_AN_ADDRESS: Final = {" ": "%20", "(": "%28", ")": "%29", "<": "%3C", ">": "%3E"}


class MarkKind(Enum):
    """What a mark does to its text."""

    RAISED = "raised"
    LOWERED = "lowered"
    STRUCK = "struck"
    LINK = "link"


@dataclass(slots=True)
class Mark:
    """A mark that is open; `start` is where its text begins among the words of the block."""

    kind: MarkKind
    start: int
    address: str = ""

    def apply(self, text: str) -> str:
        """The text with the mark around it; blank space stays outside, and blank text as it is."""
        core = text.strip()
        if not core:
            return text
        before = text[: len(text) - len(text.lstrip())]
        return before + self._write(core) + text[len(text.rstrip()) :]

    def _write(self, core: str) -> str:
        match self.kind:
            case MarkKind.RAISED:
                return _shift(core, RAISED, "^")
            case MarkKind.LOWERED:
                return _shift(core, LOWERED, "_")
            case MarkKind.STRUCK:
                return f"~~{core}~~"
            case MarkKind.LINK:
                # A link over several blocks gives its address once.
                address, self.address = self.address, ""
                return _link(core, address)


def _shift(core: str, shifted: dict[str, str], sign: str) -> str:
    """10⁶ where Unicode has all the characters, else x^ab: never 106, which is another number."""
    if all(character in shifted for character in core):
        return "".join(shifted[character] for character in core)
    if core.lower() in SAME_ON_THE_LINE or not core[0].isalnum():
        return core  # a note's number in brackets, a symbol
    return f"{sign}{core}" if core.isalnum() else f"{sign}({core})"


def _link(core: str, address: str) -> str:
    address = address.strip()
    if LEADS_NOWHERE.match(address) or len(address) > MAX_ADDRESS_CHARS:
        return core
    if _bare(address) == _bare(core):
        return core
    for character, encoded in IN_AN_ADDRESS.items():
        address = address.replace(character, encoded)
    return f"[{core}]({address})"


def _bare(address: str) -> str:
    return SCHEME.sub("", address, count=1).rstrip("/").lower()
