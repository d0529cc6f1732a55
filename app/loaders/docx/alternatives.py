"""One content in several forms, of which one is shown (ECMA-376 part 3)."""

from typing import Final

from app.loaders.docx.story import Story
from app.loaders.docx.xml import Attributes, End, Start, attribute

KNOWN: Final = (
    "http://schemas.microsoft.com/",
    "http://schemas.openxmlformats.org/",
    "http://purl.oclc.org/",
)


class Alternatives:
    """Takes the first form that Word knows."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._taken: list[bool] = []
        self.starts: dict[str, Start] = {
            "mc:AlternateContent": self._begin,
            "mc:Choice": self._choose,
            "mc:Fallback": self._fall_back,
        }
        self.ends: dict[str, End] = {"mc:AlternateContent": self._end}

    def _begin(self, _: Attributes) -> None:
        self._taken.append(False)

    def _end(self) -> None:
        self._taken.pop()

    def _choose(self, attributes: Attributes) -> bool:
        if self._taken and self._taken[-1]:
            return True
        prefixes = attribute(attributes, "Requires").split()
        needed = [self._story.prefixes.get(prefix, KNOWN[0]) for prefix in prefixes]
        if not all(namespace.startswith(KNOWN) for namespace in needed):
            return True
        if self._taken:
            self._taken[-1] = True
        return False

    def _fall_back(self, _: Attributes) -> bool:
        return not self._taken or self._taken[-1]
