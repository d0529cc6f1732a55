"""What a long message asks."""

from hypothesis import given
from hypothesis import strategies as st

from app.retrieval.parts import LONGEST_PART, MOST_PARTS, parts_of

SMALL_TALK = "I hope that you are well, and that the weather is as fine there as it is here. " * 4
LOG = "\n".join(f"12:{n:02d}:07 WARN worker retries shard {n}, attempt {n % 5}" for n in range(40))


class TestPartsOf:
    """The parts of a message."""

    def test_short_message_is_whole(self) -> None:
        """A short message is its only part, where its question says nothing without the rest."""
        assert parts_of("My dog is old. What does it eat?") == ["My dog is old. What does it eat?"]

    def test_letter_is_its_question(self) -> None:
        """Of a letter what asks is looked at."""
        question = "How long is the warranty of the orange plotter?"
        assert parts_of(f"{SMALL_TALK}{question} Kind regards, Anna") == [question]

    def test_question_takes_along_what_it_is_about(self) -> None:
        """A question that says "it" takes along the sentence before."""
        report = "The display of the plotter shows QX-4711."
        asked = "What does it mean?"
        assert parts_of(f"{SMALL_TALK}{report} {asked}") == [f"{report} {asked}"]

    def test_log_is_the_question_beside_it(self) -> None:
        """Above or below a pasted log, the question is looked at."""
        question = "What does QX-4711 mean?"
        assert parts_of(f"{LOG}\n\n{question}") == parts_of(f"{question}\n\n{LOG}") == [question]

    def test_addresses_and_lines_of_a_log_ask_nothing(self) -> None:
        """Question marks within addresses, and in lines that repeat, are no questions."""
        question = "What does QX-4711 mean?"
        addresses = "\n".join(f"GET /v1/items?page={n} 200 trace={n:x}" for n in range(400))
        lines = "\n".join(f"eth{n}: link up, lost? no" for n in range(400))
        assert parts_of(f"{question}\n\n{addresses}") == [question]
        assert parts_of(f"{question}\n\n{lines}") == [question]
        assert parts_of(f"{lines}\nPlease explain QX-4711\n{addresses}")[0].endswith("QX-4711")

    def test_log_alone_is_its_unusual_lines(self) -> None:
        """Of a log without a question the line that is unlike the others comes first."""
        error = "12:99:07 ERROR plotter stopped with QX-4711"
        assert parts_of(f"{LOG}\n{error}\n{LOG}")[0] == error

    def test_order_number_is_not_what_is_asked(self) -> None:
        """A short question beside an order number is looked at without it as well."""
        question = "How long does the warranty of the drill last?"
        message = f"My order is 83-221-AX. {question}"
        assert parts_of(message) == [message, question]

    def test_short_small_talk_is_left_out(self) -> None:
        """A short question behind small talk is looked at without it as well."""
        question = "How long does the warranty of the drill last?"
        message = f"Good morning! We had a fine weekend at the lake. {question}"
        assert parts_of(message) == [message, question]

    @given(st.text(alphabet="a b?.\n", max_size=3000))
    def test_there_are_some_parts_and_not_too_many(self, message: str) -> None:
        """Whatever is asked, there is something to look for, and it is bounded."""
        assert 1 <= len(parts_of(message)) <= MOST_PARTS + 1

    def test_endless_sentence_is_cut(self) -> None:
        """A sentence without an end is cut between words."""
        assert all(len(part) <= LONGEST_PART for part in parts_of("gherkin zebra " * 2000))
