"""What names one thing only."""

import pytest

from app.retrieval.identifiers import find_identifiers
from app.vector_store.folding import fold


def held(question: str, text: str) -> list[bool]:
    """For each identifier of a question whether it stands in a text."""
    return [bool(one.name.search(fold(text))) for one in find_identifiers(question)]


class TestFindIdentifiers:
    """The identifiers of a question."""

    @pytest.mark.parametrize(
        "question",
        [
            "What does E-4012 mean?",
            "what does e-4012 mean",
            "What does PX 7731 mean?",
            "Which voltage has the BT-880?",
            "Is MAX_MESSAGE_CHARS a limit?",
            "What is in hosts.yaml?",
            "What does v2.4.1 mend?",
            "What does clause 7.3 say?",
            "What does § 12 say?",
            "What is error 404?",
            "What does e 4012 mean?",
            "WHAT DOES E-4012 MEAN?",
            "WHAT IS ERROR 404?",
            "What is in Annex B?",
            "Whose number is 030 555 01-4299?",
            "Does the Seahawk 340 float?",
            "Where is parcel 4471902836?",
            "Does it use LangChain?",
            "Can I use it with Ollama?",
        ],
    )
    def test_codes_clauses_settings_and_products_are_found(self, question: str) -> None:
        """Codes, part numbers, clauses, settings, files, versions and products are identifiers."""
        assert len(find_identifiers(question)) == 1

    @pytest.mark.parametrize(
        "question",
        [
            "What happened on 2026-11-01 at 12:30, between 1998 and 2004?",
            "What failed at 2026-11-01T12:30:07.120Z, on 2026/11/01 or on 01-Nov-2026?",
            "Was it 1.250.000 or 1 250 000 euros?",
            "Is a 20-year-old tree of 5 kg in the top-10?",
            "Does it cost 499.00 euros, or EUR 500, or 50,000?",
            "How do I call the APIs, e.g. from the U.S. at 5 p.m.?",
            "Who has a PhD in well-known things?",
            "Wie hoch ist die Kaution in der Mietwohnung?",
        ],
    )
    def test_dates_amounts_and_words_are_not(self, question: str) -> None:
        """Dates, times, amounts, abbreviations and the nouns of German name nothing."""
        assert find_identifiers(question) == []


class TestIdentifier:
    """Where an identifier stands."""

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("What is PX-7731?", "px7731"),
            ("What is PX-7731?", "PX 7731"),
            ("What is PX-7731?", "PX\u20117731"),
            ("What is px7731?", "(PX-7731)"),
            ("What is MAX_MESSAGE_CHARS?", "max-message-chars"),
            ("What is clause 7.3?", "7.3 Either side may give notice."),
            ("What is clause 7.3?", "see section 7.3."),
            ("What is § 12?", "§ 12 Notice"),
            ("What is error 404?", "| 404 | not found |"),
            ("What is error 12?", "| Paper jam | 12 |"),
            ("What is alarm 12?", "Alarm A-12 means that the water is warm."),
            ("What is error 22?", "Errors 21, 22 and 23 come from the driver."),
            ("Whose number is 0305550142?", "030/555 01-42"),
            ("Whose number is 030 555 01-42?", "0305550142"),
            ("Is part 4G0 407 151 A here?", "4G0407151A"),
            ("What is v2.4.1?", "version 2.4.1"),
            ("What is maxRetries?", "max_retries"),
        ],
    )
    def test_ways_of_writing_are_the_same(self, question: str, text: str) -> None:
        """Case, blanks, kinds of dashes and the word before a number make no difference."""
        assert held(question, text) == [True]

    @pytest.mark.parametrize(
        ("question", "text"),
        [
            ("What is PX-7731?", "PX-77310"),
            ("What is PX-7731?", "APX-7731"),
            ("What is PX-7731?", "PX-7732"),
            ("What is PX-7731?", "7731"),
            ("What is clause 7.3?", "17.3 Rent"),
            ("What is clause 7.3?", "7.31 Rent"),
            ("What is clause 12?", "within 12 days"),
            ("What is v2.4.1?", "v2.4.10"),
            ("What is clause 21?", "Errors 21 and 22 come from the driver."),
            ("Does the Seahawk 340 float?", "The Seahawk 250 floats."),
        ],
    )
    def test_longer_and_other_ones_are_not(self, question: str, text: str) -> None:
        """A longer code, another one, or the same number elsewhere is something else."""
        assert held(question, text) == [False]
