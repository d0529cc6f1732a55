"""Fields and links (ECMA-376 part 1, 17.16)."""

from typing import Final

from app.loaders.docx.fields import PAGE_NUMBERS, Field, link_address
from app.loaders.docx.story import Story
from app.loaders.docx.xml import Attributes, End, Start, attribute, is_on, number
from app.loaders.marks import MarkKind

MAX_CHOICES: Final = 1_000  # of a list in a form
MAX_OPEN: Final = 100  # of fields within fields


class Instructions:
    """Reads fields: `fldSimple` is one element, others are three signs among the runs."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self.starts: dict[str, Start] = {
            "w:fldSimple": self._begin_simple,
            "w:fldChar": self._sign,
            "w:instrText": self._begin_instruction,
            "w:hyperlink": self._begin_link,
            "w:checkBox": self._box,
            "w:checked": self._check,
            "w:default": self._check_by_default,
            "w:result": self._choose,
            "w:listEntry": self._choice,
        }
        self.ends: dict[str, End] = {
            "w:fldSimple": self._end_field,
            "w:instrText": self._end_instruction,
            "w:hyperlink": self._end_link,
        }

    @property
    def _field(self) -> Field | None:
        fields = self._story.flow.fields
        return fields[-1] if fields else None

    def _begin_simple(self, attributes: Attributes) -> None:
        self._begin_field()
        if self._field:
            self._field.instruct(attribute(attributes, "instr"))
        self._begin_result()

    def _sign(self, attributes: Attributes) -> None:
        match attribute(attributes, "fldCharType"):
            case "begin":
                self._begin_field()
            case "separate":
                self._begin_result()
            case "end":
                self._end_field()

    def _begin_field(self) -> None:
        flow = self._story.flow
        if len(flow.fields) < MAX_OPEN:
            flow.fields.append(Field())
            flow.muted += 1

    def _begin_result(self) -> None:
        flow, field = self._story.flow, self._field
        if field is None or field.is_result:
            return
        field.is_result = True
        is_page_number = field.kind in PAGE_NUMBERS
        flow.muted += is_page_number - field.mutes
        field.mutes = is_page_number
        flow.paragraph.has_page_number |= is_page_number
        if field.kind == "HYPERLINK" and (address := link_address(field.instruction)):
            field.is_link = True
            flow.begin_mark(MarkKind.LINK, address)

    def _end_field(self) -> None:
        flow = self._story.flow
        if not flow.fields:
            return
        field = flow.fields.pop()
        flow.muted -= field.mutes
        if field.is_link:
            flow.end_mark()
        if not field.is_result:
            flow.paragraph.has_page_number |= field.kind in PAGE_NUMBERS
        if field.shown:
            flow.write(field.shown)

    def _begin_instruction(self, _: Attributes) -> None:
        if self._field:
            self._story.flow.sink = self._field.instruct

    def _end_instruction(self) -> None:
        self._story.flow.sink = None

    def _begin_link(self, attributes: Attributes) -> None:
        flow = self._story.flow
        address = self._story.address(attribute(attributes, "id"))
        if address and (place := attribute(attributes, "anchor")):
            address = f"{address}#{place}"
        flow.links.append(bool(address))
        if address:
            flow.begin_mark(MarkKind.LINK, address)

    def _end_link(self) -> None:
        flow = self._story.flow
        if flow.links and flow.links.pop():
            flow.end_mark()

    def _box(self, _: Attributes) -> None:
        if self._field:
            self._field.box = "☐"

    def _check(self, attributes: Attributes) -> None:
        if self._field and self._field.box:
            self._field.box = "☒" if is_on(attribute(attributes, "val")) else "☐"
            self._field.is_set = True

    def _check_by_default(self, attributes: Attributes) -> None:
        if self._field and self._field.box and not self._field.is_set:
            self._field.box = "☒" if is_on(attribute(attributes, "val")) else "☐"

    def _choose(self, attributes: Attributes) -> None:
        if self._field:
            self._field.chosen = number(attribute(attributes, "val"))

    def _choice(self, attributes: Attributes) -> None:
        if self._field and len(self._field.choices) < MAX_CHOICES:
            self._field.choices.append(attribute(attributes, "val"))
