"""The styles of a Word document (ECMA-376 part 1, 17.7)."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from lxml import etree

from app.loaders.docx.package import Package
from app.loaders.docx.xml import attribute, is_on, number

TITLE: Final = "title"
HEADING: Final = re.compile(r"heading (?P<level>[1-9])")
OF_PARAGRAPHS: Final = {
    "outlineLvl": "outlineLvl",
    "numId": "numPr/{*}numId",
    "ilvl": "numPr/{*}ilvl",
}
TOGGLES: Final = ("strike", "dstrike", "vanish")
OF_RUNS: Final = (*TOGGLES, "specVanish", "vertAlign")
MAX_LINEAGE: Final = 20  # no program lets its styles inherit from that many
BODY_TEXT: Final = 9  # 17.3.1.20: the outline level of what is no heading

Properties = dict[str, str]


def heading_level(properties: Mapping[str, str]) -> int | None:
    """The level of a heading with these properties, 1 being the highest; None for other text."""
    level = number(properties.get("outlineLvl", ""), BODY_TEXT)
    return level + 1 if 0 <= level < BODY_TEXT else None


class Styles:
    """The styles, each with what it inherits from those that it is based on."""

    def __init__(self, package: Package) -> None:
        self.default = ""  # the style of paragraphs that name none
        self._paragraphs: dict[str, Properties] = {}
        self._runs: dict[str, Properties] = {}
        self._bases: dict[str, str] = {}
        for style in package.elements(package.find("styles"), "style"):
            self._add(style)
        # All of them: what is forgotten would be put together anew for each paragraph.
        self.paragraph = cache(self._paragraph)
        self.run = cache(self._run)
        self.lineage = cache(self._lineage)

    def _add(self, style: etree._Element) -> None:
        key = attribute(style.items(), "styleId")
        self._paragraphs[key] = _paragraph_properties(style)
        self._runs[key] = _run_properties(style)
        self._bases[key] = _value(style, "basedOn") or ""
        is_default = is_on(attribute(style.items(), "default") or "0")
        if is_default and attribute(style.items(), "type") == "paragraph":
            self.default = key

    def _lineage(self, key: str) -> tuple[str, ...]:
        """The style and those that it is based on, itself first."""
        lineage: dict[str, None] = {}
        while key in self._bases and key not in lineage and len(lineage) < MAX_LINEAGE:
            lineage[key] = None
            key = self._bases[key]
        return tuple(lineage)

    def _paragraph(self, key: str) -> Properties:
        """The outline level and list of a style, and whether it is that of titles."""
        inherited: Properties = {}
        for ancestor in reversed(self._lineage(key)):
            inherited = inherit(inherited, self._paragraphs[ancestor])
        return inherited

    def _run(self, key: str) -> Properties:
        """How a style shows text: its font, struck out, raised, hidden."""
        inherited: Properties = {}
        for ancestor in reversed(self._lineage(key)):
            inherited |= self._runs[ancestor]
        return inherited


def inherit(inherited: Properties, own: Properties) -> Properties:
    """The properties with the own ones over them; the level of another list does not count."""
    if "numId" in own and "ilvl" not in own:
        inherited = {key: value for key, value in inherited.items() if key != "ilvl"}
    return inherited | own


def _paragraph_properties(style: etree._Element) -> Properties:
    found = {key: _value(style, f"pPr/{{*}}{path}") for key, path in OF_PARAGRAPHS.items()}
    properties = {key: value for key, value in found.items() if value is not None}
    name = (_value(style, "name") or "").lower()
    if heading := HEADING.fullmatch(name):
        properties.setdefault("outlineLvl", str(int(heading["level"]) - 1))
    if name == TITLE:
        properties |= {"outlineLvl": "0", TITLE: "yes"}
    return properties


def _run_properties(style: etree._Element) -> Properties:
    found = {key: _value(style, f"rPr/{{*}}{key}") for key in OF_RUNS}
    properties = {key: value for key, value in found.items() if value is not None}
    fonts = style.find("{*}rPr/{*}rFonts")
    if fonts is not None and (font := font_of(dict(fonts.items()))):
        properties["font"] = font
    return properties


def font_of(attributes: Mapping[str, str]) -> str:
    """The font of `w:rFonts`, of which a text in Latin letters uses the first two."""
    return attribute(attributes, "ascii") or attribute(attributes, "hAnsi")


def _value(element: etree._Element, path: str) -> str | None:
    """The `val` at a path below; None if there is no such element."""
    child = element.find(f"{{*}}{path}")
    return None if child is None else attribute(child.items(), "val")
