"""What is indexed and asked for of a text's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_edge import SparseVector

from app.vector_store.bm25 import PAIR_WEIGHT, encode_passage, encode_question, words


def shared(question: str, passage: str) -> float:
    """What the passage scores for the question, were every word and pair equally rare."""
    asked, held = _weights(encode_question(question)), _weights(encode_passage(passage))
    return sum(weight * held.get(index, 0) for index, weight in asked.items())


def _weights(vector: SparseVector) -> dict[int, float]:
    return dict(zip(vector.indices, vector.values, strict=True))


class TestPairs:
    """Neighbouring words."""

    def test_order_of_words_counts(self) -> None:
        """Words in the question's order say more than the same words in another."""
        in_order = shared("interest rate", "An interest rate is a price.")
        assert in_order > shared("interest rate", "A rate of interest is a price.")

    def test_distance_of_words_counts(self) -> None:
        """Words beside each other say more than the same words apart."""
        together = shared("red fox", "A red fox sleeps, a brown hen eats.")
        assert together > shared("red fox", "A red hen sleeps, a brown fox eats.")

    def test_forms_case_and_stop_words_do_not_count(self) -> None:
        """Forms of words, case and stop words between them make no difference."""
        assert shared("ports of the API", "API") == shared("port API", "API")
        assert shared("ports of the API", "the port: an api") == shared("port API", "port api")

    def test_pair_weighs_less_than_a_word(self) -> None:
        """A word of a question weighs 1, and a pair less."""
        assert sorted(encode_question("red fox").values) == pytest.approx([PAIR_WEIGHT, 1, 1])

    def test_repetition_counts_less_each_time(self) -> None:
        """A pair that a passage repeats counts more, but less each time."""
        once, twice, thrice = (shared("red fox", "red fox. " * times) for times in (1, 2, 3))
        assert 0 < thrice - twice < twice - once

    def test_one_word_has_no_pair(self) -> None:
        """A question of one word is that word alone, without a pair."""
        assert encode_question("foxes").values == [1]

    def test_text_without_words_has_no_weights(self) -> None:
        """A text without words has nothing to be found by."""
        for text in ("", "  ", "the of and", "…!?"):
            assert encode_question(text).indices == encode_passage(text).indices == []

    @given(st.text())
    def test_passage_is_found_by_its_own_text(self, text: str) -> None:
        """A passage is found by the whole of its own text; no index stands in a vector twice."""
        asked, held = encode_question(text), encode_passage(text)
        assert set(asked.indices) <= set(held.indices)
        assert len(set(held.indices)) == len(held.indices)
        assert all(weight > 0 for weight in held.values)


class TestWords:
    """Words alone."""

    def test_word_counts_once_in_any_form(self) -> None:
        """A word counts once, in whatever form it stands."""
        assert words("The foxes and a fox") == words("FOX")
