"""What is indexed and asked for of a text's words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_edge import SparseVector

from app.vector_store.bm25 import PAIR_WEIGHT, encode_passage, encode_question
from app.vector_store.terms import terms


def shared(question: str, passage: str) -> float:
    """What the passage scores for the question, were every word and pair equally rare."""
    asked, held = _weights(encode_question(question)), _weights(encode_passage(passage))
    return sum(weight * held.get(index, 0) for index, weight in asked.items())


def words(text: str) -> frozenset[int]:
    """The words of a text, each once."""
    return frozenset(terms(text))


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


class TestFoldedWords:
    """Words as people read them."""

    def test_ways_of_writing_are_one_word(self) -> None:
        """Ligatures, soft hyphens, accents and full width make no other word."""
        assert words("e\ufb03cient co\xadoperation Café \uff21\uff30\uff29") == words(
            "efficient cooperation cafe api"
        )

    @pytest.mark.parametrize(
        ("asked", "text", "missing"),
        [
            ("押金", "合同的期限为三年。押金为两个月的租金。", "签证"),
            ("敷金", "敷金は家賃二か月分です。", "礼金"),
            ("보증금", "보증금은 두 달 치 임대료입니다.", "주차장"),
            ("เงินประกัน", "สัญญาเช่าสามปีเงินประกันสองเดือน", "วีซ่า"),
            ("ගෙවීම", "ගෙවීම මාසිකයි", "බදාදා"),
        ],
        ids=["Chinese", "Japanese", "Korean", "Thai", "Sinhala"],
    )
    def test_words_are_found_without_blanks(self, asked: str, text: str, missing: str) -> None:
        """A word that stands within a run of characters is found, and no other."""
        assert words(asked) <= words(text)
        assert not words(missing) & words(text)

    def test_compound_with_a_number_is_found_as_one(self) -> None:
        """A clause or a code says more in one piece than its numbers apart."""
        assert shared("clause 7.3", "7.3 Notice") > shared("clause 7.3", "7 Rent, 3 rooms")
        assert shared("E-4012", "e-4012") > shared("E-4012", "E 4012")

    @pytest.mark.parametrize(
        ("asked", "text"),
        [
            ("wifi", "wi-fi"),
            ("wi-fi", "wifi"),
            ("retries", "MAX_RETRIES"),
            ("timeout", "requestTimeoutMs"),
            ("1250", "1,250"),
            ("25kg", "25 kg"),
            ("E4012", "E-4012"),
            ("E-4012", "E4012"),
            ("section 7", "§ 7"),
        ],
    )
    def test_spellings_are_found(self, asked: str, text: str) -> None:
        """What is written in several ways is found by any of them."""
        assert shared(asked, text) > 0

    def test_number_that_names_is_found_as_one(self) -> None:
        """A clause is told from days by the word before its number, or by beginning a line."""
        assert shared("clause 7", "7 Notice is given") > shared("clause 7", "Within 7 days")

    def test_one_character_is_a_word(self) -> None:
        """A character that stands alone is a word."""
        assert words("犬") <= words("犬 猫")

    def test_letters_beside_characters_are_words(self) -> None:
        """A word in letters is found where characters stand beside it without a blank."""
        assert words("API") <= words("使用API密钥")
