"""How much speaks for a passage."""

from uuid import UUID

import pytest

from app.documents.evidence import COVERAGE_WEIGHT, evidence
from app.documents.ranking import Candidate

QUESTION = "What do mallard ducks eat?"
CANDIDATE = Candidate(UUID(int=1), cosine=0.25)


def coverage(question: str, text: str) -> float:
    """The share of the question's words that count as held by the text."""
    [found] = evidence(question, [(CANDIDATE, text)])
    return (found - CANDIDATE.cosine) / COVERAGE_WEIGHT


class TestEvidence:
    """The cosine, and the words that question and passage share."""

    @pytest.mark.parametrize(
        ("text", "share"),
        [
            ("A mallard is a duck; it eats plants.", 1),
            ("Each duck eats: ducks have to eat.", 2 / 3),
            ("What do they do?", 0),
        ],
        ids=["all", "some", "stop words"],
    )
    def test_coverage(self, text: str, share: float) -> None:
        """Words count in any form, once each; stop words do not."""
        assert coverage(QUESTION, text) == pytest.approx(share)

    def test_no_words(self) -> None:
        """A question of stop words alone has the evidence of its meaning alone."""
        assert coverage("What is it?", "It is what it is.") == 0

    def test_lazy(self) -> None:
        """A passage is looked at only when those before it are not enough."""
        found = evidence(QUESTION, ((each, "") for each in [CANDIDATE, None]))  # type: ignore[misc] # never looked at
        assert next(found) == CANDIDATE.cosine
