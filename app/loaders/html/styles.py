"""What the styles of a page do to the meaning of its text: hidden, raised, lowered, struck out."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from app.loaders.marks import MarkKind

MAX_CSS_CHARS: Final = 2_000_000
COMMENT: Final = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
SELECTOR: Final = re.compile(r"[\w-]*[.#][\w-]+")
HIDES: Final = {"display": "none", "visibility": "hidden"}
LINE: Final = frozenset({"text-decoration", "text-decoration-line"})
SHIFTS: Final = {"super": MarkKind.RAISED, "sub": MarkKind.LOWERED}
# Tailwind's `hidden md:block` and Bootstrap's `d-none d-md-block`: shown on a wide screen.
SHOWN_WHEN_WIDE: Final = re.compile(
    r"(?:sm|md|lg|xl|2xl|xxl)[:-](?:block|flex|grid|inline|table|contents)"
)


@dataclass(frozen=True, slots=True)
class Look:
    """What a style says; `hides` is None where it says nothing of that."""

    hides: bool | None = None
    marks: tuple[MarkKind, ...] = ()


PLAIN: Final = Look()


class StyleSheet:
    """The page's own rules for single classes and ids; those for some media only do not count."""

    def __init__(self) -> None:
        self._looks: dict[str, tuple[int, Look]] = {}
        self._chars = 0

    def add(self, css: str) -> None:
        """Takes in the text of a style element."""
        self._chars += len(css)
        if self._chars > MAX_CSS_CHARS:
            return
        for selectors, declarations in _rules(COMMENT.sub("", css)):
            look = look_of(declarations)
            if look != PLAIN:
                self._add_rule(selectors, look)

    def look(self, tag: str, attributes: Mapping[str, str]) -> Look:
        """How an element looks: by its own style, else by the last rule that says something."""
        own = look_of(attributes["style"]) if "style" in attributes else PLAIN
        if not self._looks:
            return own
        hides, marks = own.hides, own.marks
        for _, look in sorted(self._found(tag, attributes), key=lambda found: -found[0]):
            hides = look.hides if hides is None else hides
            marks = marks or look.marks
        return Look(hides, marks)

    def _add_rule(self, selectors: str, look: Look) -> None:
        for selector in map(str.strip, selectors.split(",")):
            if SELECTOR.fullmatch(selector):
                _, before = self._looks.get(selector, (0, PLAIN))
                hides = before.hides if look.hides is None else look.hides
                merged = Look(hides, look.marks or before.marks)
                self._looks[selector] = (len(self._looks), merged)

    def _found(self, tag: str, attributes: Mapping[str, str]) -> Iterator[tuple[int, Look]]:
        classes = attributes.get("class", "")
        selectors = _selectors(tag, classes, attributes.get("id"))
        found = [look for selector in selectors if (look := self._looks.get(selector))]
        is_shown_when_wide = bool(found) and SHOWN_WHEN_WIDE.search(classes) is not None
        return (look for look in found if not (look[1].hides and is_shown_when_wide))


def look_of(style: str) -> Look:
    """What the declarations of a rule, or of a style attribute, say."""
    hides, marks = None, []
    for declaration in style.lower().split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip(), value.partition("!")[0].strip()
        if name in HIDES:
            hides = hides or value == HIDES[name]
        elif name in LINE and "line-through" in value:
            marks.append(MarkKind.STRUCK)
        elif name == "vertical-align" and value in SHIFTS:
            marks.append(SHIFTS[value])
    return Look(hides, tuple(marks))


def _selectors(tag: str, classes: str, identifier: str | None) -> Iterable[str]:
    for name in classes.split():
        yield f".{name}"
        yield f"{tag}.{name}"
    if identifier:
        yield f"#{identifier}"
        yield f"{tag}#{identifier}"


def _rules(css: str) -> Iterator[tuple[str, str]]:
    depth = 0
    for block in css.split("}"):
        head, _, declarations = block.rpartition("{")
        opened = block.count("{")
        if opened == 1 and not depth:
            yield head.rpartition(";")[2], declarations
        depth = max(0, depth + opened - 1)
