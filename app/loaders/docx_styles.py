"""What a Word document keeps beside its text: styles, numbering and a title (ECMA-376, part 1)."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final
from zipfile import ZipFile

from lxml import etree

from app.loaders.titles import metadata_title

TITLE: Final = "title"
HEADING: Final = re.compile(r"heading (?P<level>[1-9])")
INHERITED: Final = ("outlineLvl", "numId", "ilvl")
BODY_TEXT: Final = "9"  # 17.3.1.20: the outline level of what is no heading
WITHOUT_NUMBER: Final = frozenset({"bullet", "none"})


def find_part(package: ZipFile, part: str) -> str | None:
    """The name of a part; some programs number them (`word/document2.xml`)."""
    pattern = re.compile(rf"word/{part}\d*\.xml")
    return next(filter(pattern.fullmatch, package.namelist()), None)


def read_title(package: ZipFile) -> str | None:
    """The title in the metadata, if it is one."""
    part = "docProps/core.xml"
    titles = _elements(package, part if part in package.namelist() else None, "title")
    return next((metadata_title(title.text or "") for title in titles), None)


def heading_level(properties: Mapping[str, str]) -> int | None:
    """The level of a heading with these properties, 1 being the highest; None for other text."""
    level = properties.get("outlineLvl", BODY_TEXT)
    return None if level == BODY_TEXT else int(level) + 1


class Styles:
    """The styles of paragraphs, each with what it inherits from those that it is based on."""

    def __init__(self, package: ZipFile) -> None:
        self._own: dict[str, dict[str, str]] = {}
        self._bases: dict[str, str] = {}
        for style in _elements(package, find_part(package, "styles"), "style"):
            key = _attribute(style, "styleId")
            self._own[key] = _style_properties(style)
            self._bases[key] = _value(style, "basedOn")

    def properties(self, key: str) -> dict[str, str]:
        """The outline level and list of a style, and whether it is that of titles."""
        lineage: list[str] = []
        while key in self._own and key not in lineage:
            lineage.append(key)
            key = self._bases[key]
        inherited: dict[str, str] = {}
        for ancestor in reversed(lineage):
            inherited |= self._own[ancestor]
        return inherited


class Numbering:
    """The lists of a document, and how far each has counted."""

    def __init__(self, package: ZipFile) -> None:
        part = find_part(package, "numbering")
        formats: dict[str, dict[int, str]] = {}
        self._formats: dict[str, dict[int, str]] = {}
        self._counts: defaultdict[str, dict[int, int]] = defaultdict(dict)
        for element in _elements(package, part, "abstractNum", "num"):
            if element.tag.endswith("}num"):
                abstract = _value(element, "abstractNumId")
                self._formats[_attribute(element, "numId")] = formats.get(abstract, {})
            else:
                formats[_attribute(element, "abstractNumId")] = _level_formats(element)

    def marker(self, key: str, level: int) -> str:
        """What stands before the next item: a dash, or its number."""
        if self._formats.get(key, {}).get(level, "none") in WITHOUT_NUMBER:
            return "-"
        counts = self._counts[key]
        number = counts.get(level, 0) + 1
        # The next item of a higher level begins the deeper ones anew.
        self._counts[key] = {upper: count for upper, count in counts.items() if upper < level}
        self._counts[key][level] = number
        return f"{number}."


def _style_properties(style: etree._Element) -> dict[str, str]:
    properties = {name: value for name in INHERITED if (value := _value(style, name))}
    name = _value(style, "name").lower()
    if heading := HEADING.fullmatch(name):
        properties.setdefault("outlineLvl", str(int(heading["level"]) - 1))
    if name == TITLE:
        properties |= {"outlineLvl": "0", TITLE: "yes"}
    return properties


def _level_formats(abstract: etree._Element) -> dict[int, str]:
    levels = abstract.findall("{*}lvl")
    return {int(_attribute(level, "ilvl")): _value(level, "numFmt") for level in levels}


def _elements(package: ZipFile, part: str | None, *names: str) -> Iterator[etree._Element]:
    """The elements of these names in a part, one at a time; none if there is no such part."""
    if part is None:
        return
    tags = [f"{{*}}{name}" for name in names]
    with package.open(part) as xml:
        for _, element in etree.iterparse(xml, tag=tags, resolve_entities=False, no_network=True):
            yield element
            element.clear()


def _value(element: etree._Element, name: str) -> str:
    """The `val` of the first element of this name below; empty if there is none."""
    child = element.find(f".//{{*}}{name}")
    return "" if child is None else _attribute(child, "val")


def _attribute(element: etree._Element, name: str) -> str:
    return next((value for key, value in element.items() if key.endswith(f"}}{name}")), "")
