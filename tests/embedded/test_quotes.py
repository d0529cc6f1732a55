"""What is quoted out of a prompt's passages: prompts as the service builds them."""

import pytest

from app.chat.prompts import build_prompt, draw_mark
from app.embedded.prompts import read_prompt
from app.embedded.quotes import DO_NOT_KNOW, quote_answer
from app.retrieval.models import Turn
from tests.support.sources import source

HOURS = (
    "The bakery on the market square is open from six to four, on Saturdays until noon. "
    "On Sundays it is closed all day, but for the Sunday before Christmas in December. "
    "Orders for wedding cakes have to be placed at least three weeks before the wedding."
)


def answer(question: str, *texts: str, turns: tuple[Turn, ...] = ()) -> str:
    """What a question over these passages is answered, after the turns of its chat."""
    prompt = read_prompt(
        {"messages": build_prompt(question, [*map(source, texts)], draw_mark(), turns)}
    )
    assert prompt is not None
    assert prompt.question == question
    return quote_answer(prompt)


class TestQuoteAnswer:
    def test_best_sentence_is_quoted_and_cited(self) -> None:
        """The sentence that answers is quoted as it stands, with the number of its passage."""
        said = answer("When do I have to order a wedding cake?", "We bake bread with rye.", HOURS)
        cake = "Orders for wedding cakes have to be placed at least three weeks before the wedding."
        assert said == f"{cake} [2]"

    def test_every_quote_stands_in_a_passage(self) -> None:
        """Nothing but sentences of the passages and numbers is in an answer."""
        for question in ("Is it open on Sundays?", "What about Saturdays?", "Cakes or Christmas?"):
            quotes = answer(question, HOURS).split(" [1]")
            assert all(quote.strip() in HOURS for quote in quotes)

    def test_unknown_is_said(self) -> None:
        """Where no sentence has to do with the question, the answer is that it is not known."""
        assert answer("Who is the mayor of Lyon?", HOURS) == DO_NOT_KNOW

    def test_what_follows_a_heading_answers_it(self) -> None:
        """A heading that asks the question counts for what stands below it, from its beginning."""
        faq = (
            "## How do I open the lid?\n\nTurn the key. It then springs up.\n\n"
            "## How do I clean it?\n\nWith water."
        )
        assert answer("How can I open the lid?", faq) == "Turn the key. It then springs up. [1]"

    def test_number_is_preferred_where_one_is_asked_for(self) -> None:
        """A question for a number is answered with a sentence that holds one."""
        text = (
            "- The tank of the mower holds fuel for the whole garden and for that of the neighbour."
            "\n- The mower takes 1.4 litres into its tank, of unleaded fuel and of nothing else."
        )
        assert "1.4 litres" in answer("How much fuel goes into the tank?", text).split(" [1]")[0]

    def test_row_of_a_table_is_found_by_its_header_and_its_cells(self) -> None:
        """A row stands under the header of its table, which is not quoted itself."""
        table = "| Name | Phone |\n| --- | --- |\n| Jan | 555-1 |\n| Marta | 555-2 |"
        assert answer("What is Marta's phone number?", table) == "| Marta | 555-2 | [1]"

    def test_long_letter_is_answered_by_the_number_in_it(self) -> None:
        """A code that a passage names is enough, however much else a letter says."""
        letter = (
            "Hello! We bought your plotter last year, and were happy with it until yesterday, when "
            "it stopped in the middle of a large poster and showed E-4012. What shall we do?"
        )
        errors = "- E-4011: The pen is dry.\n- E-4012: The carriage is blocked.\n- E-4013: Open."
        assert answer(letter, errors) == "E-4012: The carriage is blocked. [1]"

    def test_last_question_of_a_chat_is_answered(self) -> None:
        """A follow-up is answered, and not the question before it."""
        before = Turn("Until when is the bakery open on Saturdays?", "Until noon. [1]")
        said = answer("And on Sundays?", HOURS, turns=(before,))
        assert said.startswith("On Sundays it is closed all day")

    def test_follow_up_is_understood_by_the_question_before_it(self) -> None:
        """A follow-up without words of its own takes those of the question before it."""
        before = Turn("Is the bakery closed on Sundays?", "Yes.")
        assert "Sundays it is closed" in answer("And why?", HOURS, turns=(before,))

    def test_same_sentence_is_quoted_once(self) -> None:
        """A sentence that several passages hold is quoted once, from the best of them."""
        assert answer("What eats snails?", "Ducks eat snails.", "Ducks eat snails.") == (
            "Ducks eat snails. [1]"
        )

    def test_long_sentence_is_cut(self) -> None:
        """A sentence without an end, like a dump, is cut."""
        said = answer("Which zebra?", "zebra " + "stripe and stripe " * 100)
        assert said.endswith(" … [1]")
        assert len(said) < 420

    @pytest.mark.parametrize(
        ("question", "text", "quote"),
        [
            ("图书馆几点关门？", "图书馆很大。" * 30 + "晚上八点关门。", "晚上八点关门。"),
            ("Wie viele Tage Urlaub habe ich?", "Es gibt 30 Tage Urlaub im Jahr.", "30 Tage"),
        ],
        ids=["Chinese", "German"],
    )
    def test_other_languages_are_quoted(self, question: str, text: str, quote: str) -> None:
        """Questions in other languages find their sentences, also without spaces between words."""
        assert quote in answer(question, text)
