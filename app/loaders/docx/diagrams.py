"""The text of SmartArt (ECMA-376 part 1, 21.4), as a list."""

from collections import defaultdict

from lxml import etree

from app.loaders.docx.package import Package
from app.loaders.docx.xml import attribute, number

MAX_INDENT = 8


def read_diagram(package: Package, part: str) -> str:
    """The texts of a diagram, those of a shape below the shape that it belongs to."""
    texts: dict[str, str] = {}
    children: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for element in package.elements(part, "pt", "cxn"):
        if element.tag.endswith("}pt"):
            texts[attribute(element.items(), "modelId") or str(len(texts))] = _text(element)
        elif (attribute(element.items(), "type") or "parOf") == "parOf":
            order = number(attribute(element.items(), "srcOrd"))
            child = attribute(element.items(), "destId")
            children[attribute(element.items(), "srcId")].append((order, child))
    return "\n".join(_items(texts, children))


def _items(texts: dict[str, str], children: dict[str, list[tuple[int, str]]]) -> list[str]:
    below = {child for links in children.values() for _, child in links}
    waiting = [(key, 0) for key in reversed(texts) if key not in below]
    lines: list[str] = []
    seen: set[str] = set()
    while waiting:
        key, depth = waiting.pop()
        if key in seen or key not in texts:
            continue
        seen.add(key)
        if texts[key]:
            lines.append("  " * min(depth, MAX_INDENT) + f"- {texts[key]}")
            depth += 1
        waiting += [(child, depth) for _, child in sorted(children.get(key, ()), reverse=True)]
    return lines


def _text(point: etree._Element) -> str:
    # Once through all of it, whatever stands within what: a paragraph begins with a space.
    found = point.iterfind(".//{*}t//{*}*")
    texts = (" " if one.tag.endswith("}p") else one.text or "" for one in found)
    return " ".join("".join(texts).split())
