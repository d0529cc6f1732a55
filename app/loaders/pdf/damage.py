"""What of a page's drawing is damaged: what is made to show pages passes over that in silence."""

import re
from enum import IntEnum
from typing import Final

from pypdf.errors import LimitReachedError
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from app.loaders.pdf.pages import PageObjects, array, dictionary, is_missing, resolve
from app.loaders.pdf.streams import DamagedStream, unpack

NESTED_FORMS: Final = 16
MAX_SHOWN_BYTES: Final = 4_000_000  # text of a page: pdfium takes up to 270 bytes for each of them
# PDF 1.7, 7.2.3 and 7.3.4: comments, strings, hexadecimal strings and arrays; 8.9.7 and 9.4.1
MARK: Final = re.compile(
    rb"%[^\r\n]*|[(\[\]<>]|(?<![^\s\])>])(?:BT|ET|ID)(?![^\s\[(/<%])", re.DOTALL
)
PLAIN_STRING: Final = re.compile(rb"\([^()\\]*+(?:\\.[^()\\]*+)*+\)", re.DOTALL)
SHOWN: Final = re.compile(PLAIN_STRING.pattern + rb"|<[\s0-9A-Fa-f]*+>", re.DOTALL)
IN_STRING: Final = re.compile(rb"[()\\]")
IMAGE_END: Final = re.compile(rb"\sEI(?!\S)")
FONT_CHOSEN: Final = re.compile(rb"/([^\s/\[\](){}<>%]+)\s+[-+.\d]+\s+Tf\b")
PAIRS: Final = ((b"(", b")"), (b"[", b"]"), (b"<", b">"), (b"BT", b"ET"), (b"BI", b"EI"))
BRACKETS: Final = {b"[": 1, b"<": 1, b"]": -1, b">": -1}


class Damage(IntEnum):
    """How much of a page is lost: nothing, a part, or all, where no letter is certain."""

    NONE = 0
    PART = 1
    ALL = 2


class Inspector:
    """Looks for damage, page by page; what several pages share is looked at once."""

    def __init__(self) -> None:
        self._forms: dict[int, Damage] = {}

    def damage(self, objects: PageObjects) -> Damage:
        """How much of the page is lost."""
        contents = resolve(objects.page.get("/Contents"))
        if contents is None:
            return Damage.ALL if is_missing(objects.page.get("/Contents")) else Damage.NONE
        streams = contents if isinstance(contents, ArrayObject) else [contents]
        drawing = _damage_of_streams([resolve(stream) for stream in streams], objects.resources)
        missing = is_missing(objects.page.get("/Resources"))
        return max(drawing, Damage.ALL if missing else self._in_forms(objects.resources, 0))

    def _in_forms(self, resources: object, depth: int) -> Damage:
        forms = dictionary(resources, "/XObject")
        found = [self._in_form(resolve(forms.get(name)), resources, depth) for name in forms]
        return Damage.PART if any(found) else Damage.NONE

    def _in_form(self, form: object, outer: object, depth: int) -> Damage:
        if not isinstance(form, StreamObject):
            return Damage.PART
        if form.get("/Subtype") != "/Form" or depth > NESTED_FORMS:
            return Damage.NONE
        if id(form) not in self._forms:
            self._forms[id(form)] = Damage.NONE  # one that draws itself is looked at once
            resources = resolve(form.get("/Resources")) or outer
            drawing = _damage_of_streams([form], resources)
            self._forms[id(form)] = max(drawing, self._in_forms(resources, depth + 1))
        return self._forms[id(form)]


def _damage_of_streams(streams: list[object], resources: object) -> Damage:
    drawn, is_whole = [], True
    for stream in streams:
        if not isinstance(stream, StreamObject):
            return Damage.ALL
        try:
            data, is_stream_whole = unpack(stream)
        except DamagedStream:
            return Damage.ALL
        drawn.append(data)
        is_whole = is_whole and is_stream_whole
    drawing = b"\n".join(drawn)
    _check_length(drawing)
    if _broken_fonts(resources) & set(FONT_CHOSEN.findall(drawing)):
        return Damage.ALL
    return Damage.NONE if is_whole and ends_well(drawing) else Damage.PART


def _check_length(drawing: bytes) -> None:
    if len(drawing) > MAX_SHOWN_BYTES < len(drawing) - len(SHOWN.sub(b"", drawing)):
        raise LimitReachedError


def _broken_fonts(resources: object) -> set[bytes]:
    fonts = dictionary(resources, "/Font")
    return {name[1:].encode("latin-1", "replace") for name in fonts if _is_broken(fonts.get(name))}


def _is_broken(entry: object) -> bool:
    font = resolve(entry)
    if not isinstance(font, DictionaryObject):
        return True
    descendants = array(font, "/DescendantFonts")
    return font.get("/Subtype") == "/Type0" and not any(map(resolve, descendants))


def ends_well(drawing: bytes) -> bool:
    """Whether every string, array, image and text that a content stream begins also ends."""
    # Nearly every page is right by one of these, which are quicker than reading it.
    if _is_balanced(drawing) or _is_balanced(PLAIN_STRING.sub(b"", drawing)):
        return True
    position = depth = 0
    is_in_text = False
    while mark := MARK.search(drawing, position):
        position = mark.end()
        if mark[0] == b"(":
            position = _string_end(drawing, position)
        elif mark[0] == b"ID":
            position = end.end() if (end := IMAGE_END.search(drawing, position)) else -1
        elif mark[0] in {b"BT", b"ET"}:
            is_in_text = mark[0] == b"BT"
        depth = max(0, depth + BRACKETS.get(mark[0], 0))
        if position < 0:
            return False
    return depth == 0 and not is_in_text


def _is_balanced(drawing: bytes) -> bool:
    return all(drawing.count(opening) == drawing.count(closing) for opening, closing in PAIRS)


def _string_end(drawing: bytes, position: int) -> int:
    depth = 1
    while mark := IN_STRING.search(drawing, position):
        position = mark.end()
        if mark[0] == b"\\":
            position += 1
        else:
            depth += 1 if mark[0] == b"(" else -1
        if not depth:
            return position
    return -1
