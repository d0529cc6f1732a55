"""Formulas, in one line (ECMA-376 part 1, 22.1)."""

from dataclasses import dataclass, field
from typing import Final

from app.loaders.docx.story import Story
from app.loaders.docx.xml import Attributes, End, Start, attribute
from app.loaders.marks import MarkKind

STRUCTURES: Final = (
    "f", "rad", "d", "nary", "func", "m", "eqArr", "acc", "bar", "groupChr", "limLow", "limUpp",
    "sSup", "sSub", "sSubSup", "sPre", "box", "borderBox", "phant",
)  # fmt: skip
SIGNS: Final = ("chr", "begChr", "endChr", "sepChr", "type")
DEFAULTS: Final = {"chr": "∫", "begChr": "(", "endChr": ")", "sepChr": "|", "type": "bar"}
HAT: Final = "\u0302"  # 22.1.2.20


@dataclass(slots=True)
class _Structure:
    """A part of a formula that is open."""

    name: str
    signs: dict[str, str] = field(default_factory=dict)
    parts: int = 0
    has_sign: bool = False

    def sign(self, name: str, default: str | None = None) -> str:
        """A sign of it, such as the bracket that it begins with."""
        return self.signs.get(name, DEFAULTS[name] if default is None else default)


class Formulas:
    """Reads formulas: x², a/b, √(a+b), ∑."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._structures: list[_Structure] = []
        self._groups: list[int] = []
        self.starts: dict[str, Start] = {
            **{f"m:{name}": self._begin(name) for name in STRUCTURES},
            **{f"m:{name}": self._note(name) for name in SIGNS},
            "m:num": self._begin_group,
            "m:den": self._begin_denominator,
            "m:sup": self._shift(MarkKind.RAISED),
            "m:sub": self._shift(MarkKind.LOWERED),
            "m:deg": self._shift(MarkKind.RAISED),
            "m:lim": self._limit,
            "m:e": self._begin_part,
            "m:mr": self._begin_row,
        }
        marks = ("m:sup", "m:sub", "m:deg", "m:lim")
        self.ends: dict[str, End] = {
            **{f"m:{name}": self._end for name in STRUCTURES},
            **dict.fromkeys(("m:num", "m:den"), self._end_group),
            **dict.fromkeys(marks, self._end_mark),
            "m:e": self._end_part,
        }

    @property
    def _structure(self) -> _Structure:
        return self._structures[-1] if self._structures else _Structure("")

    def _begin(self, name: str) -> Start:
        return lambda _: self._structures.append(_Structure(name))

    def _end(self) -> None:
        structure = self._structures.pop()
        if structure.name == "d" and structure.parts:
            self._write(structure.sign("endChr"))
        elif structure.name == "acc":
            self._write(structure.sign("chr", HAT))

    def _note(self, name: str) -> Start:
        def note(attributes: Attributes) -> None:
            self._structure.signs[name] = attribute(attributes, "val")

        return note

    def _begin_group(self, _: Attributes) -> None:
        flow = self._story.flow
        flow.write_sign("")
        self._groups.append(flow.writer.begin_group())

    def _end_group(self) -> None:
        if self._groups:
            self._story.flow.write_sign("")
            self._story.flow.writer.end_group(self._groups.pop())

    def _begin_denominator(self, attributes: Attributes) -> None:
        is_fraction = self._structure.sign("type") != "noBar"
        self._write("/" if is_fraction else " over ")
        self._begin_group(attributes)

    def _shift(self, kind: MarkKind) -> Start:
        def shift(_: Attributes) -> None:
            self._write_sign_of_sum()
            self._story.flow.begin_mark(kind)

        return shift

    def _end_mark(self) -> None:
        self._story.flow.end_mark()

    def _limit(self, _: Attributes) -> None:
        is_below = self._structure.name == "limLow"
        self._story.flow.begin_mark(MarkKind.LOWERED if is_below else MarkKind.RAISED)

    def _begin_part(self, attributes: Attributes) -> None:
        structure = self._structure
        structure.parts += 1
        is_first = structure.parts == 1
        match structure.name:
            case "rad":
                self._write("√")
                self._begin_group(attributes)
            case "d":
                self._write(structure.sign("begChr" if is_first else "sepChr"))
            case "nary":
                self._write_sign_of_sum()
            case "func":
                self._write(" ")
            case "m" | "eqArr" if not is_first:
                self._write(", ")
        self._structures.append(_Structure(f"part of {structure.name}"))

    def _end_part(self) -> None:
        if self._structures:
            self._structures.pop()
        if self._structure.name == "rad":
            self._end_group()

    def _begin_row(self, _: Attributes) -> None:
        if self._structure.parts:
            self._write("; ")
            self._structure.parts = 0

    def _write_sign_of_sum(self) -> None:
        structure = self._structure
        if structure.name == "nary" and not structure.has_sign:
            structure.has_sign = True
            self._write(structure.sign("chr"))

    def _write(self, text: str) -> None:
        self._story.flow.write_sign(text)
