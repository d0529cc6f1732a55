"""What the annotations of a page show: values of forms, and text that is written on top of it."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from pypdf.generic import DictionaryObject, StreamObject

from app.loaders.pdf.effort import ENTRY, Effort
from app.loaders.pdf.fields import Shown, as_text, field_value
from app.loaders.pdf.lines import Box, Line, usual_quarters
from app.loaders.pdf.pages import array, dictionary, resolve

# PDF 1.7, table 169: a link shows nothing, and what these say opens in a window of its own.
# fmt: off
NOT_SHOWN: Final = frozenset({
    "/Caret", "/FileAttachment", "/Highlight", "/Link", "/Movie", "/Popup", "/Redact", "/Screen",
    "/Sound", "/Squiggly", "/StrikeOut", "/Text", "/TrapNet", "/Underline",
})
# fmt: on
HIDDEN: Final = 1 << 1  # PDF 1.7, table 165
NO_VIEW: Final = 1 << 5
LINE_HEIGHT: Final = 14.0  # points, where a value has no drawing that would tell
LINES_AT_MIDDLE: Final = 2.5  # a box that is higher has its text at the top
MOST_COMPARED: Final = 1_000


@dataclass(frozen=True, slots=True)
class Value:
    """A text and its place; `is_drawn` where its own drawing shows it, unless that is empty."""

    text: str
    box: Box
    is_drawn: bool

    def lines(self, quarters: int) -> Iterator[Line]:
        """Its lines, from the top of its place to the bottom."""
        texts = [" ".join(line.split()) for line in self.text.splitlines() if line.strip()]
        box = self.box
        height = min(LINE_HEIGHT, box.height / max(1, len(texts)))
        is_low = box.height < LINES_AT_MIDDLE * LINE_HEIGHT and len(texts) == 1
        top = box.middle + height / 2 if is_low else box.top
        for number, text in enumerate(texts):
            line = Box(box.left, top - (number + 1) * height, box.right, top - number * height)
            yield Line(text, line, quarters, is_added=True)


@dataclass(slots=True)
class Annotations:
    """What a page's annotations show: their own drawings, but for the removed, and values."""

    removed: list[int] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
    drawings: list[object] = field(default_factory=list)

    def lines(self, drawn: list[Line]) -> Iterator[Line]:
        """The lines of the values that are not among those drawn."""
        quarters = usual_quarters(drawn)
        boxes = [line.box for line in drawn if line.is_added]
        boxes.sort(key=lambda box: box.middle)
        for value in self.values:
            if not (value.is_drawn and _is_filled(value.box, boxes)):
                yield from value.lines(quarters)


def annotations(page: DictionaryObject, effort: Effort, *, are_drawings_old: bool) -> Annotations:
    """What the page's annotations show; old drawings of fields may differ from their values."""
    found = Annotations()
    entries = array(page, "/Annots")
    effort.spend(2 * ENTRY * len(entries))
    for number, entry in enumerate(entries):
        annotation = resolve(entry)
        if not isinstance(annotation, DictionaryObject) or _is_hidden(annotation):
            found.removed.append(number)
            continue
        shown, is_drawn = _shown(annotation, effort, are_drawings_old=are_drawings_old)
        if is_drawn:
            found.drawings.append(_drawing(annotation))
        else:
            found.removed.append(number)
        if shown.text.strip() and (box := _box(annotation)):
            found.values.append(Value(shown.text, box, is_drawn))
    return found


def _drawing(annotation: DictionaryObject) -> object:
    """What draws an annotation; a box that can be ticked has a drawing for each state."""
    drawing = resolve(dictionary(annotation, "/AP").get("/N"))
    if isinstance(drawing, StreamObject) or not isinstance(drawing, DictionaryObject):
        return drawing
    return resolve(drawing.get(str(resolve(annotation.get("/AS"))))) or drawing


def _shown(
    annotation: DictionaryObject, effort: Effort, *, are_drawings_old: bool
) -> tuple[Shown, bool]:
    """What an annotation says, and whether its drawing is what shows it."""
    has_drawing = resolve(dictionary(annotation, "/AP").get("/N")) is not None
    match annotation.get("/Subtype"):
        case "/Widget":
            shown = field_value(annotation, effort)
            is_old = are_drawings_old and bool(shown.text)
            return shown, has_drawing and not (is_old or shown.replaces_drawing)
        case "/FreeText":
            return Shown(as_text(resolve(annotation.get("/Contents")))), has_drawing
    return Shown(), has_drawing


def _is_hidden(annotation: DictionaryObject) -> bool:
    flags = resolve(annotation.get("/F"))
    is_hidden = isinstance(flags, int) and bool(flags & (HIDDEN | NO_VIEW))
    return is_hidden or annotation.get("/Subtype") in NOT_SHOWN


def _box(annotation: DictionaryObject) -> Box | None:
    corners = [resolve(corner) for corner in array(annotation, "/Rect")]
    numbers = [float(corner) for corner in corners if isinstance(corner, int | float)]
    if len(numbers) != len(corners) or len(numbers) != 4:  # noqa: PLR2004
        return None
    (left, right), (bottom, top) = sorted(numbers[::2]), sorted(numbers[1::2])
    return Box(left, bottom, right, top)


def _is_filled(place: Box, boxes: list[Box]) -> bool:
    """Whether one of the boxes, which are sorted by height, stands in a place."""
    first = bisect_left(boxes, place.bottom, key=lambda box: box.middle)
    for box in islice(boxes, first, first + MOST_COMPARED):
        if box.middle > place.top:
            return False
        if place.left <= (box.left + box.right) / 2 <= place.right:
            return True
    return False
