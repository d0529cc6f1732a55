"""Fields: instructions whose results are text (ECMA-376 part 1, 17.16)."""

import re
from dataclasses import dataclass, field
from typing import Final

PAGE_NUMBERS: Final = frozenset({"PAGE", "NUMPAGES", "SECTIONPAGES"})
MAX_INSTRUCTION_CHARS: Final = 4_000
WORD: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"|(\S+)')
SWITCHES_WITH_VALUE: Final = frozenset({"\\l", "\\o", "\\t"})


@dataclass(slots=True)
class Field:
    """A field that is open: first its instruction, then its result."""

    instruction: str = ""
    is_result: bool = False
    mutes: bool = True  # an instruction is not text
    is_link: bool = False
    choices: list[str] = field(default_factory=list)  # of a list in a form
    chosen: int = 0
    box: str = ""  # of a form
    is_set: bool = False  # whether the form says so itself, and not only by default

    def instruct(self, text: str) -> None:
        """More of the instruction."""
        if not self.is_result and len(self.instruction) < MAX_INSTRUCTION_CHARS:
            self.instruction += text[:MAX_INSTRUCTION_CHARS]

    @property
    def kind(self) -> str:
        """The first word of the instruction."""
        return self.instruction.strip().partition(" ")[0].upper()

    @property
    def shown(self) -> str:
        """What a form shows that has no result of its own."""
        if self.choices:
            return self.choices[self.chosen] if 0 <= self.chosen < len(self.choices) else ""
        return self.box


def link_address(instruction: str) -> str:
    """Where a HYPERLINK field leads; empty if that is within the document."""
    words = [match[1] or match[2] or "" for match in WORD.finditer(instruction)][1:]
    address = place = ""
    while words:
        word = words.pop(0).replace("\\\\", "\\")
        if word in SWITCHES_WITH_VALUE:
            value = words.pop(0) if words else ""
            place = value if word == "\\l" else place
        elif not word.startswith("\\"):
            address = address or word
    return f"{address}#{place}" if address and place else address
