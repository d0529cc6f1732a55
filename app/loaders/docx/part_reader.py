"""Reads the XML of a part as a stream: what lxml tells goes to the handlers of its elements."""

from collections.abc import Mapping
from typing import IO, Final

from lxml import etree

from app.loaders.docx.alternatives import Alternatives
from app.loaders.docx.anchored import Anchored
from app.loaders.docx.cells import Cells
from app.loaders.docx.formulas import Formulas
from app.loaders.docx.instructions import Instructions
from app.loaders.docx.paragraphs import Paragraphs
from app.loaders.docx.references import References
from app.loaders.docx.story import Story
from app.loaders.docx.text import Text
from app.loaders.docx.xml import NAMESPACES, Attributes, End, Start, qualified
from app.loaders.exceptions import UnreadableDocument

FED_AT_ONCE: Final = 65_536
READERS: Final = (
    Text, Paragraphs, Cells, Instructions, References, Anchored, Formulas, Alternatives,
)  # fmt: skip
# A field may begin in deleted text and end outside of it, or the other way round.
FIELD_SIGNS: Final = frozenset(f"{{{namespace}}}fldChar" for namespace in NAMESPACES["w"])
MAX_PREFIXES: Final = 1_000


class PartReader:
    """What lxml calls for the parts of a document."""

    def __init__(self, story: Story) -> None:
        self._story = story
        starts: dict[str, Start] = {}
        ends: dict[str, End] = {}
        for reader in (make(story) for make in READERS):
            starts |= qualified(reader.starts)
            ends |= qualified(reader.ends)
        self._starts, self._ends = starts, ends
        self._skipped = 0

    def start(self, tag: str, attributes: Attributes, namespaces: Mapping[str | None, str]) -> None:
        """Called by lxml where an element begins."""
        if namespaces:
            self._note_prefixes(namespaces)
        if self._skipped:
            self._skipped += 1
            if tag in FIELD_SIGNS:
                self._starts[tag](attributes)
        elif (handler := self._starts.get(tag)) and handler(attributes):
            self._skipped = 1

    def end(self, tag: str) -> None:
        """Called by lxml where an element ends."""
        if self._skipped:
            self._skipped -= 1
        elif handler := self._ends.get(tag):
            handler()

    def data(self, data: str) -> None:
        """Called by lxml with text."""
        if not self._skipped and (sink := self._story.flow.sink):
            sink(data)

    def doctype(self, *_: str | None) -> None:
        """Called by lxml where entities might be declared: ECMA-376, part 2, forbids it."""
        raise UnreadableDocument("This Word document declares a document type: save it anew.")

    def close(self) -> None:
        """Called by lxml at the end of each part."""

    def _note_prefixes(self, namespaces: Mapping[str | None, str]) -> None:
        if len(self._story.prefixes) < MAX_PREFIXES:
            self._story.prefixes |= {key or "": value for key, value in namespaces.items()}


def read_part(story: Story, part: str, kind: str) -> str:
    """The Markdown of a part; `kind` names the flows whose lists count together."""
    story.begin_part(part, kind)
    parser = etree.XMLParser(target=PartReader(story), resolve_entities=False, no_network=True)
    with story.package.open(part) as xml:
        _feed(parser, xml)
    while len(story.flows) > 1:
        story.end_flow()
    return story.flow.finish()


def _feed(parser: etree.XMLParser, xml: IO[bytes]) -> None:
    while data := xml.read(FED_AT_ONCE):
        parser.feed(data)
    parser.close()
