"""What all that reads one document shares: its parts, its styles, and the open flows of text."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from app.loaders.docx.flow import Flow
from app.loaders.docx.margins import Margins
from app.loaders.docx.notes import Notes
from app.loaders.docx.numbering import Numbering
from app.loaders.docx.package import Budget, Package
from app.loaders.docx.styles import Styles

BODY: Final = "body"
BOX: Final = "box"


@dataclass
class Story:
    """A document that is being read, and the part of it that is open."""

    package: Package
    budget: Budget
    # Reads a document that is embedded in this one.
    read_word: Callable[[bytes], str]
    part: str = ""
    title: str = ""
    first_heading: str = ""
    shown: set[str] = field(default_factory=set)  # parts that hold charts, diagrams, documents
    prefixes: dict[str, str] = field(default_factory=dict)  # of the namespaces of the part

    def __post_init__(self) -> None:
        self.styles = Styles(self.package)
        self.numbering = Numbering(self.package, self.styles)
        self.notes, self.margins = Notes(), Margins()
        self.flows = [self._new_flow(BODY)]

    @property
    def flow(self) -> Flow:
        """The innermost open flow."""
        return self.flows[-1]

    def begin_part(self, part: str, kind: str) -> None:
        """Begins a part, whose text is a flow of its own."""
        self.part = part
        self.flows = [self._new_flow(kind)]

    def begin_flow(self, kind: str) -> None:
        """Begins a flow within the open one."""
        self.flows.append(self._new_flow(kind))

    def end_flow(self) -> str:
        """Ends the innermost flow, and gives its Markdown."""
        return self.flows.pop().finish() if len(self.flows) > 1 else ""

    def address(self, key: str) -> str:
        """Where a relationship of the open part leads outside of the document."""
        relationship = self.package.relationships(self.part).get(key)
        return relationship.target if relationship and relationship.kind == "hyperlink" else ""

    def _new_flow(self, kind: str) -> Flow:
        return Flow(kind, self.styles, self.numbering)
