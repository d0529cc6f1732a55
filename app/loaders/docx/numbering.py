"""The lists of a Word document, and how far each has counted (ECMA-376 part 1, 17.9)."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from lxml import etree

from app.loaders.docx.number_formats import format_number
from app.loaders.docx.package import Package
from app.loaders.docx.styles import Styles
from app.loaders.docx.xml import attribute, is_on, number

NO_LIST: Final = "0"  # 17.9.18: takes a paragraph out of its style's list
DEEPEST: Final = 8  # there are nine levels
BULLET: Final = "-"
PLACE: Final = re.compile(r"%([1-9])")
MAX_TEXT_CHARS: Final = 200
MAX_LINKS: Final = 10  # from list to list: there is one in what Word writes


@dataclass(frozen=True, slots=True)
class Number:
    """What stands before a paragraph; `gap` is what stands between that and its text."""

    text: str
    gap: str
    depth: int


@dataclass(frozen=True, slots=True)
class _Level:
    format: str = "decimal"
    text: str | None = None
    start: int = 0
    restart: int | None = None
    is_legal: bool = False
    gap: str = " "
    style: str | None = None


@dataclass(slots=True)
class _List:
    """`w:num`: the levels of the list that it counts with, and where it begins anew."""

    counter: str = ""  # the list of which this is one use: all of them count together
    levels: dict[int, _Level] = field(default_factory=dict)
    starts: dict[int, int] = field(default_factory=dict)


class Numbering:
    """Gives each paragraph its number, in the order of the document."""

    def __init__(self, package: Package, styles: Styles) -> None:
        self._styles = styles
        self._abstract: dict[str, dict[int, _Level]] = {}
        self._linked: dict[str, str] = {}  # the style that says what an abstract list is
        self._uses: dict[str, tuple[str, dict[int, _Level], dict[int, int]]] = {}
        for element in package.elements(package.find("numbering"), "abstractNum", "num"):
            if element.tag.endswith("}num"):
                self._add_use(element)
            else:
                self._add_abstract(element)
        self._lists = {key: self._make_list(key) for key in self._uses}
        self._counts: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        self._begun: set[tuple[str, str, int]] = set()

    def number(self, properties: Mapping[str, str], style: str, flow: str) -> Number | None:
        """The number of the next paragraph with these properties; each kind of flow counts anew.

        None for a paragraph that is in no list, or in one that shows nothing.
        """
        key = properties.get("numId", NO_LIST)
        if key == NO_LIST:
            return None
        one = self._lists.get(key, _List())
        depth = self._depth(one, properties, style)
        level = one.levels.get(depth)
        if level is None:
            return Number(BULLET, " ", depth)
        counts = self._count(key, one, depth, flow)
        return self._show(one, depth, counts)

    def _depth(self, one: _List, properties: Mapping[str, str], style: str) -> int:
        """17.9.23: a level may say itself which style has it."""
        if (ilvl := properties.get("ilvl")) is not None:
            return min(max(number(ilvl), 0), DEEPEST)
        by_style = {level.style: depth for depth, level in one.levels.items() if level.style}
        linked = (by_style[name] for name in self._styles.lineage(style) if name in by_style)
        return next(linked, 0)

    def _count(self, key: str, one: _List, depth: int, flow: str) -> dict[int, int]:
        counts = self._counts[flow, one.counter]
        for upper in range(depth):
            # A level that was left out counts as if it had been there, as in Word.
            counts.setdefault(upper, one.levels.get(upper, _Level()).start)
        is_new = depth in one.starts and (flow, key, depth) not in self._begun
        if is_new or depth not in counts:
            counts[depth] = one.starts.get(depth, one.levels[depth].start)
        else:
            counts[depth] += 1
        self._begun.add((flow, key, depth))
        for lower in [lower for lower in counts if lower > depth]:
            if _restarts(one.levels.get(lower, _Level()), lower, depth):
                del counts[lower]
        return counts

    @staticmethod
    def _show(one: _List, depth: int, counts: Mapping[int, int]) -> Number | None:
        level = one.levels[depth]
        if level.format == "bullet":
            return Number(BULLET, " ", depth)

        def place(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            shown = one.levels.get(at, level).format
            is_digits = level.is_legal and shown not in ("none", "bullet")
            return (
                format_number(counts[at], "decimal" if is_digits else shown) if at in counts else ""
            )

        text = f"%{depth + 1}." if level.text is None else level.text
        shown = " ".join(PLACE.sub(place, text).split())
        return Number(shown, level.gap, depth) if shown else None

    def _add_abstract(self, element: etree._Element) -> None:
        key = attribute(element.items(), "abstractNumId")
        self._abstract[key] = _levels(element)
        if link := _value(element, "numStyleLink"):
            self._linked[key] = link

    def _add_use(self, element: etree._Element) -> None:
        levels: dict[int, _Level] = {}
        starts: dict[int, int] = {}
        for override in element.findall("{*}lvlOverride"):
            depth = number(attribute(override.items(), "ilvl"), -1)
            if own := list(_levels(override).values()):
                levels[depth] = own[0]
            if (start := _value(override, "startOverride")) is not None:
                starts[depth] = number(start)
        key = attribute(element.items(), "numId")
        self._uses[key] = _value(element, "abstractNumId") or "", levels, starts

    def _make_list(self, key: str) -> _List:
        abstract, own, starts = self._uses[key]
        for _ in range(MAX_LINKS):
            if abstract not in self._linked:
                break
            use = self._styles.paragraph(self._linked[abstract]).get("numId", "")
            abstract = self._uses.get(use, (abstract,))[0]
        levels = self._abstract.get(abstract, {})
        return _List(abstract, levels | own, starts)


def _restarts(level: _Level, depth: int, counted: int) -> bool:
    """17.9.10: a level begins anew below each higher one, or below those that it names."""
    restart = depth if level.restart is None else min(level.restart, depth)
    return counted < restart


def _levels(element: etree._Element) -> dict[int, _Level]:
    found = element.findall("{*}lvl")
    levels = {number(attribute(level.items(), "ilvl"), -1): level for level in found}
    return {depth: _level(levels[depth]) for depth in range(DEEPEST + 1) if depth in levels}


def _level(element: etree._Element) -> _Level:
    text = _value(element, "lvlText")
    restart = _value(element, "lvlRestart")
    legal = _value(element, "isLgl")
    level = _Level(
        format=_format(element),
        text=None if text is None else text[:MAX_TEXT_CHARS],
        start=number(_value(element, "start") or "", 1),
        restart=None if restart is None else number(restart),
        is_legal=legal is not None and is_on(legal),
        gap="" if _value(element, "suff") == "nothing" else " ",
        style=_value(element, "pStyle"),
    )
    is_picture = element.find("{*}lvlPicBulletId") is not None
    return replace(level, format="bullet") if is_picture else level


def _format(level: etree._Element) -> str:
    """A format of later versions of Word stands in an alternative, beside one for older ones."""
    found = level.find(".//{*}numFmt")
    if found is None:
        return "decimal"
    return attribute(found.items(), "format") or attribute(found.items(), "val") or "decimal"


def _value(element: etree._Element, name: str) -> str | None:
    child = element.find(f"{{*}}{name}")
    return None if child is None else attribute(child.items(), "val")
