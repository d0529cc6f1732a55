"""What stands beside the text or in other parts: boxes, drawings, embedded documents."""

from app.loaders.docx.charts import read_chart
from app.loaders.docx.chunks import read_chunk
from app.loaders.docx.diagrams import read_diagram
from app.loaders.docx.story import BOX, Story
from app.loaders.docx.xml import Attributes, End, Start, attribute


class Anchored:
    """Reads what is anchored in a paragraph: it comes after it, and does not tear it."""

    def __init__(self, story: Story) -> None:
        self._story = story
        boxes = ("w:txbxContent", "a:txBody")
        self.starts: dict[str, Start] = {
            **dict.fromkeys(boxes, self._begin_box),
            "v:textpath": self._word_art,
            "dgm:relIds": self._diagram,
            "c:chart": self._chart,
            "w:altChunk": self._chunk,
        }
        self.ends: dict[str, End] = dict.fromkeys(boxes, self._end_box)

    def _begin_box(self, _: Attributes) -> bool:
        if not self._story.flow.shows_text:
            return True
        self._story.begin_flow(BOX)
        return False

    def _end_box(self) -> None:
        markdown = self._story.end_flow()
        self._story.flow.anchor(markdown)

    def _word_art(self, attributes: Attributes) -> None:
        """Letters that are drawn, such as DRAFT across the page."""
        self._story.flow.anchor(" ".join(attribute(attributes, "string").split()))

    def _diagram(self, attributes: Attributes) -> None:
        if part := self._target(attribute(attributes, "dm")):
            self._story.flow.anchor(read_diagram(self._story.package, part))

    def _chart(self, attributes: Attributes) -> None:
        if part := self._target(attribute(attributes, "id")):
            self._story.flow.anchor(read_chart(self._story.package, part))

    def _chunk(self, attributes: Attributes) -> None:
        flow = self._story.flow
        if flow.tables:
            flow.tables[-1].begin_content(flow.writer)
        if part := self._target(attribute(attributes, "id")):
            flow.writer.block(read_chunk(self._story, part))

    def _target(self, key: str) -> str | None:
        """The part that is shown here; none that was shown before, which is seldom meant."""
        part = self._story.package.target(self._story.part, key)
        if part is None or part in self._story.shown:
            return None
        self._story.shown.add(part)
        return part
