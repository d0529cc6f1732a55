"""How much speaks for a passage."""

import pytest

from app.retrieval.evidence import AskedQuestion
from app.retrieval.relevance import DEFAULT_THRESHOLD

QUESTION = "What do mallard ducks eat?"
COSINE = 0.25


def evidence(question: str, text: str, *others: str) -> float:
    """That of the first of some passages, each of which has the same cosine."""
    asked = AskedQuestion(question)
    return asked.evidence(COSINE, text, asked.judge_names([text, *others])[0])


class TestWords:
    """The words and pairs of words that question and passage share."""

    def test_more_shared_words_are_more_evidence(self) -> None:
        """Each word counts in any form; pairs count in their order; stop words do not count."""
        falling = [
            "The mallard is a duck; it eats plants.",
            "It eats as each mallard duck does.",
            "A mallard duck has green feathers.",
            "A duck.",
            "What do they do?",
        ]
        found = [evidence(QUESTION, text) for text in falling]
        assert found == sorted(found, reverse=True)
        assert len(set(found)) == len(found)
        assert found[-1] == COSINE

    def test_rare_word_says_more_than_a_common_one(self) -> None:
        """The word that few people use says more than one that everybody does."""
        question = "Can I use it with Ollama?"
        assert evidence(question, "It talks to ollama.") > evidence(question, "It is of use.")

    def test_stop_words_of_other_languages_say_little(self) -> None:
        """The stop words of the question's own language hardly count, whichever that is."""
        question = "Wie hoch ist die Kaution?"
        held, missed = "Kaution: zwei Mieten", "Das ist es, wie die anderen sind"
        assert evidence(question, held) > evidence(question, missed)

    def test_table_row_is_found_by_who_and_what(self) -> None:
        """A row of a table is evidence where it has the name, and the header what is asked."""
        question, header = "What is Marta's phone number?", "| Name | Phone |\n|---|---|\n"
        marta, jonas = (f"{header}| {name} | 555 0199 |" for name in ("Marta", "Jonas"))
        assert evidence(question, marta) > DEFAULT_THRESHOLD > evidence(question, jonas)

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("Kündigungsfristen?", "Die Kündigungsfrist beträgt drei Monate."),
            ("домашних животных", "Домашние животные запрещены."),
            ("cafe muller", "Das Café Müller schließt um acht."),
            ("押金是多少？", "合同的期限为三年。押金为两个月的租金。"),
            ("敷金はいくらですか？", "契約期間は三年です。敷金は家賃二か月分です。"),
            ("보증금은 얼마인가요?", "보증금은 두 달 치 임대료입니다."),
            ("เงินประกันเท่าไหร่", "สัญญาเช่ามีระยะเวลาสามปี เงินประกันเท่ากับค่าเช่าสองเดือน"),
        ],
        ids=["German", "Russian", "accents", "Chinese", "Japanese", "Korean", "Thai"],
    )
    def test_languages_share_their_words(self, question: str, text: str) -> None:
        """Other forms of a word, accents, and words without blanks between them are shared."""
        assert evidence(question, text) > 0.7
        assert evidence(question, "It rains.") < 0.4

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("Where is the wifi password?", "The wi-fi password hangs on the fridge."),
            ("When does check-in open?", "The checkin opens at noon."),
            ("What are max retries for?", "| max_retries | how often a call is tried |"),
            ("What is the request timeout?", "| requestTimeout | when a call is given up |"),
            ("Who carries 1250 boxes?", "The lorry carries 1,250 boxes."),
            ("What weighs 25kg?", "The pallet weighs 25 kg."),
            ("什么是押金金额？", "本合同的押\n金金额为两个月的租金。"),
        ],
    )
    def test_spellings_are_the_same(self, question: str, text: str) -> None:
        """Hyphens, settings in words, numbers, units and ends of lines make no difference."""
        assert evidence(question, text) > 0.6

    @pytest.mark.parametrize(
        ("words", "text"),
        [
            ("invoice", "Payment by card or invoice."),
            ("opening gate", "The gate has no opening."),
            ("りんご", "りんごジュースは冷蔵庫にあります。"),
            ("猫", "猫粮放在厨房。"),
        ],
    )
    def test_keywords_are_enough(self, words: str, text: str) -> None:
        """What somebody puts into a search box is found where all of it stands."""
        assert evidence(words, text) > DEFAULT_THRESHOLD > evidence(words, "It rains. 雨")

    def test_long_question_need_not_be_covered_wholly(self) -> None:
        """What is beyond a few words counts half: a passage has as much of the answer."""
        short = "Which veteran law did the president sign?"
        long = f"{short[:-1]}, and what reasons and benefits did his speech emphasize?"
        text = "The president signed the veteran law."
        assert evidence(short, text) - evidence(long, text) < 0.5

    def test_evidence_is_bounded(self) -> None:
        """It lies between -1 and 1.8, whatever the cosine and the identifiers."""
        asked = AskedQuestion("What is E-4012?")
        assert 1.7 < asked.evidence(1.0, "What is E-4012?", 0.8) < 1.8
        assert asked.evidence(-0.5, "It rains.", -1.0) == -1


class TestIdentifiers:
    """Codes and names, which decide."""

    def test_code_that_stands_there_is_enough(self) -> None:
        """A code is enough, although nothing else of the question stands in the passage."""
        question = "Hi, what on earth could my poor old machine be telling me with E-4012?"
        assert evidence(question, "E-4012: paper empty") > 0.9

    def test_code_that_stands_nowhere_is_refused(self) -> None:
        """Without the code in any passage nothing else of the question is enough."""
        text = "The error E-4011 means that the paper is empty."
        assert evidence("What does the error E-4012 mean?", text) < 0.3

    def test_number_of_something_else_is_no_clause(self) -> None:
        """The number of a clause that stands for something else speaks against the passages."""
        question = "What does section 9 say of rent?"
        assert evidence(question, "The rent of room 8 is due within 9 days.") < 0.6

    def test_code_in_another_passage_is_not_held_against_one(self) -> None:
        """Where another passage has the code, its neighbours are judged by their words alone."""
        question, text = "What does the error E-4012 mean?", "An error means that it stops."
        alone, beside = evidence(question, text), evidence(question, text, "E-4012: stop")
        assert beside == alone + 1
