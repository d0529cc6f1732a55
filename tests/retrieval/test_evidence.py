"""How much speaks for a passage."""

import pytest

from app.retrieval.relevance import PAIRS_WEIGHT, WORDS_WEIGHT, evidence

QUESTION = "What do mallard ducks eat?"
COSINE = 0.25


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
    def test_shared_words_and_pairs_add_to_the_cosine(
        self, text: str, words: float, pairs: float
    ) -> None:
        """Words count in any form, once each, and pairs in their order; stop words do not."""
        expected = COSINE + WORDS_WEIGHT * words + PAIRS_WEIGHT * pairs
        assert evidence(QUESTION, COSINE, text) == pytest.approx(expected)

    def test_only_word_covers_a_question_of_one_word(self) -> None:
        """A passage that holds the only word of a question covers the question wholly."""
        expected = COSINE + WORDS_WEIGHT + PAIRS_WEIGHT
        assert evidence("Mallards?", COSINE, "A mallard swims.") == pytest.approx(expected)

    def test_stop_words_alone_add_nothing(self) -> None:
        """A question of stop words alone has the evidence of its meaning alone."""
        assert evidence("What is it?", COSINE, "It is what it is.") == COSINE
