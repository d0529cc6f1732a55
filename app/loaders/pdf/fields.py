"""The values of a form's fields, as they are shown."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass
from typing import Final

from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from app.loaders.pdf.effort import ENTRY, Effort
from app.loaders.pdf.pages import dictionary, resolve

PASSWORD: Final = 1 << 13  # PDF 1.7, tables 226, 228 and 230
PUSH_BUTTON: Final = 1 << 16
COMBO: Final = 1 << 17
OFF: Final = "/Off"
MARKED, UNMARKED = "[x]", "[ ]"
DEEPEST_FIELD: Final = 32


@dataclass(frozen=True, slots=True)
class Shown:
    """A text; `replaces_drawing` where what is drawn instead says more or other than that."""

    text: str = ""
    replaces_drawing: bool = False


def field_value(widget: DictionaryObject, effort: Effort) -> Shown:
    """What a field shows: its value, a mark where it is a box that can be ticked, or a caption."""
    set_flags = _inherited(widget, "/Ff")
    flags = set_flags if isinstance(set_flags, int) else 0
    match _inherited(widget, "/FT"):
        case "/Tx" if flags & PASSWORD:
            return Shown(replaces_drawing=True)
        case "/Tx":
            return Shown(as_text(_inherited(widget, "/V")))
        case "/Ch":
            # A list draws all of its options, and the chosen ones only in another colour.
            return Shown(_chosen(widget, effort), replaces_drawing=not flags & COMBO)
        case "/Btn" if flags & PUSH_BUTTON:
            return Shown(as_text(resolve(dictionary(widget, "/MK").get("/CA"))))
        case "/Btn":
            return Shown(MARKED if _is_on(widget, effort) else UNMARKED, replaces_drawing=True)
    return Shown()


def as_text(value: object) -> str:
    """The text of a string or a stream; an empty one where it is neither."""
    if isinstance(value, StreamObject):
        value = value.get_data()
    if isinstance(value, bytes):
        is_wide = value.startswith((BOM_UTF16_BE, BOM_UTF16_LE))
        return value.decode("utf-16" if is_wide else "latin-1", "replace")
    return str(value) if isinstance(value, str) else ""


def _inherited(widget: DictionaryObject, key: str) -> object:
    node: object = widget
    for _ in range(DEEPEST_FIELD):
        if not isinstance(node, DictionaryObject):
            return None
        if key in node:
            return resolve(node.get(key))
        node = resolve(node.get("/Parent"))
    return None


def _chosen(widget: DictionaryObject, effort: Effort) -> str:
    value = _inherited(widget, "/V")
    values = value if isinstance(value, ArrayObject) else [value]
    options = _inherited(widget, "/Opt")
    listed = list(options) if isinstance(options, ArrayObject) else []
    effort.spend(ENTRY * (len(listed) + len(values)))
    labels = _labels(listed)
    texts = (as_text(resolve(one)) for one in values)
    return ", ".join(filter(None, (labels.get(text, text) for text in texts)))


def _labels(options: list[object]) -> dict[str, str]:
    """What options are called that have another name where the form is sent."""
    labels: dict[str, str] = {}
    for option in map(resolve, options):
        if isinstance(option, ArrayObject) and len(option) > 1:
            name, label = (as_text(resolve(part)) for part in option[:2])
            labels.setdefault(name, label)
    return labels


def _is_on(widget: DictionaryObject, effort: Effort) -> bool:
    state = resolve(widget.get("/AS"))
    if state is not None:
        return state != OFF
    value = _inherited(widget, "/V")
    drawings = dictionary(dictionary(widget, "/AP"), "/N")
    effort.spend(len(drawings))
    states = set(drawings) - {OFF}
    return value in states if states else value not in (None, OFF)
