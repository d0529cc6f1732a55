"""The XML of Word documents: its names (ECMA-376 part 1, annex A) and its values."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeVar

OFFICE: Final = "http://schemas.openxmlformats.org"
STRICT: Final = "http://purl.oclc.org/ooxml"
# By the prefix that Word writes, the transitional name and the strict one.
NAMESPACES: Final = {
    "w": (f"{OFFICE}/wordprocessingml/2006/main", f"{STRICT}/wordprocessingml/main"),
    "m": (f"{OFFICE}/officeDocument/2006/math", f"{STRICT}/officeDocument/math"),
    "a": (f"{OFFICE}/drawingml/2006/main", f"{STRICT}/drawingml/main"),
    "c": (f"{OFFICE}/drawingml/2006/chart", f"{STRICT}/drawingml/chart"),
    "dgm": (f"{OFFICE}/drawingml/2006/diagram", f"{STRICT}/drawingml/diagram"),
    "mc": (f"{OFFICE}/markup-compatibility/2006",),
    "v": ("urn:schemas-microsoft-com:vml",),
}
OFF: Final = frozenset({"0", "false", "off"})  # 22.9.2.7
NUMBER: Final = re.compile(r"-?[0-9]{1,10}")

Attributes = Mapping[str, str]
# Called where an element begins; True leaves the element out.
Start = Callable[[Attributes], bool | None]
End = Callable[[], object]
Handler = TypeVar("Handler", Start, End)


def qualified(handlers: Mapping[str, Handler]) -> dict[str, Handler]:
    """Handlers by the names that lxml gives, of those by `prefix:name`."""
    return {tag: handler for name, handler in handlers.items() for tag in _tags(name)}


def attribute(attributes: Attributes | Iterable[tuple[str, str]], name: str) -> str:
    """The value of an attribute, whatever namespace it is in; empty if there is none."""
    pairs = attributes.items() if isinstance(attributes, Mapping) else attributes
    return next((value for key, value in pairs if key.rpartition("}")[2] == name), "")


def is_on(value: str) -> bool:
    """Whether the value of a property switches it on, as no value does."""
    return value not in OFF


def number(value: str, default: int = 0) -> int:
    """The value as a number; the default if it is none."""
    return int(value) if NUMBER.fullmatch(value) else default


def _tags(name: str) -> list[str]:
    prefix, _, local = name.partition(":")
    return [f"{{{namespace}}}{local}" for namespace in NAMESPACES[prefix]]
