"""No regular expression of the service takes more than linear time.

The list is made by looking: at what every module and class holds, and at each call of `re`.
"""

from collections import deque
from functools import partial
from typing import Final

from app.retrieval.identifiers import find_identifiers
from tests.support.growth import Growth, Work, superlinear_growth
from tests.support.hostile import Text
from tests.support.modules import PatternUse, find_made_patterns, find_patterns, modules_of_service
from tests.support.pattern_attacks import attacks_on

SIZE: Final = 500
FLOOR_SEC: Final = 0.0015  # for 2,000 characters; a quadratic search takes ten times as long
ANCHORED: Final = {"match", "fullmatch"}  # which begin at the beginning alone

NAMES: Final = "of names of at most 80 characters"
CLASSES: Final = "of the first 500 characters of an element's names"
DRAWING: Final = "in the parser's process, whose time is bounded: a stricter one would miss text"
# What a pattern is given that does take longer.
BOUNDED: Final = {
    "app.retrieval.identifiers.TAIL": NAMES,
    "app.retrieval.identifiers.MIXED_CASE": NAMES,
    "app.embedded.reachable.MISSING": "of what Postgres says to a connection that it refuses",
    "app.loaders.titles.LINK": "of headings that are clipped before",
    "app.loaders.html.reader.CHARSET": "of the first 4,096 bytes",
    "app.loaders.html.filter.MARGIN_NAMES": CLASSES,
    "app.loaders.html.judgement.NOTICE": CLASSES,
    "app.loaders.html.visibility.FURNITURE": CLASSES,
    "app.loaders.html.visibility.CONSENT": CLASSES,
    "app.loaders.html.visibility.VISUALLY_HIDDEN": CLASSES,
    "app.loaders.html.visibility.ON_DEMAND": CLASSES,
    "app.loaders.html.visibility.MENU": CLASSES,
    "app.loaders.pdf.damage.PLAIN_STRING": DRAWING,
    "app.loaders.pdf.damage.SHOWN": DRAWING,
    "app.loaders.pdf.words.WORD_END": "of the 40 characters before a hyphen",
}
# The functions that make patterns, and what for.
MADE: Final = {
    "app.embedded.prompts._passages": "of the mark of a prompt, which the service has drawn",
    "app.chat.requests._names": "of the names of our own parameters",
    "app.users.cookies.__init__": "of the name of our own cookie",
    "app.loaders.docx.package._by_name": "of the names of a Word document's parts, which are ours",
    "app.retrieval.identifiers._join": "of our own list of words",
    "app.retrieval.identifiers._marked": "of our own list of words",
    "app.retrieval.identifiers.compile": "of a question's identifiers, which are attacked below",
}
IDENTIFIERS: Final = "PX-7731, MAX_MESSAGE_CHARS, a1b2c3, v2.4.1, clause 7.3.1, § 12 or Ollama?"


def growth_of(use: PatternUse) -> tuple[Text, Growth] | None:
    """The first text that takes more than linear time, and how long that takes."""
    for text in attacks_on(use.pattern):
        growth = superlinear_growth(partial(_work, use, text), SIZE, FLOOR_SEC)
        if growth is not None:
            return text, growth
    return None


def _work(use: PatternUse, text: Text, size: int) -> Work:
    given = text(size).encode() if isinstance(use.pattern.pattern, bytes) else text(size)
    if use.methods and use.methods <= ANCHORED:
        return lambda: [getattr(use.pattern, method)(given) for method in use.methods]
    return lambda: deque(use.pattern.finditer(given), 0)  # as all the others look for it


class TestPatterns:
    """Every regular expression, and texts out of its own parts."""

    def test_none_takes_more_than_linear_time(self) -> None:
        """No pattern takes more than linear time but those that are given little."""
        uses = find_patterns(modules_of_service())
        assert len(uses) > 150
        attacked = [use for use in uses if use.name not in BOUNDED]
        assert len(attacked) == len(uses) - len(BOUNDED)
        found = {use.name: growth for use in attacked if (growth := growth_of(use))}
        assert found == {}

    def test_those_that_are_made_are_known(self) -> None:
        """Of every function that makes patterns it is known what of."""
        assert find_made_patterns(modules_of_service()) == MADE.keys()

    def test_identifiers_are_looked_for_in_linear_time(self) -> None:
        """The patterns that are made of a question's identifiers take linear time."""
        identifiers = find_identifiers(IDENTIFIERS)
        assert len(identifiers) > 5
        for identifier in identifiers:
            for pattern in (identifier.name, identifier.trace):
                assert growth_of(PatternUse("an identifier", pattern, frozenset())) is None
