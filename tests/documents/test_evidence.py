"""How much speaks for a passage."""

from uuid import UUID

import pytest

from app.documents.evidence import PAIRS_WEIGHT, WORDS_WEIGHT, evidence
from app.documents.ranking import Candidate

QUESTION = "What do mallard ducks eat?"
CANDIDATE = Candidate(UUID(int=1), cosine=0.25)


class TestEvidence:
    """The cosine, and the words and pairs of words that question and passage share."""

    @pytest.mark.parametrize(
        ("text", "words", "pairs"),
        [
            ("Mallard ducks eat plants.", 1, 1),
            ("The mallard is a duck; it eats plants.", 1, 1),
            ("It eats as each mallard duck does.", 1, 0.5),
            ("Each duck of the mallard eats: ducks have to eat.", 1, 0.5),
            ("A mallard duck has green feathers.", 2 / 3, 0.5),
            ("What do they do?", 0, 0),
        ],
        ids=["all", "stop words between", "apart", "turned", "some", "stop words"],
    )
    def test_shares(self, text: str, words: float, pairs: float) -> None:
        """Words count in any form, once each, and pairs in their order; stop words do not."""
        [found] = evidence(QUESTION, [(CANDIDATE, text)])
        expected = CANDIDATE.cosine + WORDS_WEIGHT * words + PAIRS_WEIGHT * pairs
        assert found == pytest.approx(expected)

    def test_one_word(self) -> None:
        """What holds the word of a question of one word covers it wholly."""
        [found] = evidence("Mallards?", [(CANDIDATE, "A mallard swims.")])
        assert found == pytest.approx(CANDIDATE.cosine + WORDS_WEIGHT + PAIRS_WEIGHT)

    def test_no_words(self) -> None:
        """A question of stop words alone has the evidence of its meaning alone."""
        [found] = evidence("What is it?", [(CANDIDATE, "It is what it is.")])
        assert found == CANDIDATE.cosine

    def test_lazy(self) -> None:
        """A passage is looked at only when those before it are not enough."""
        found = evidence(QUESTION, ((each, "") for each in [CANDIDATE, None]))  # type: ignore[misc] # never looked at
        assert next(found) == CANDIDATE.cosine
