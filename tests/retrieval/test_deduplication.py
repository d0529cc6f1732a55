"""Passages that say the same, word for word, as one source."""

from hypothesis import given
from hypothesis import strategies as st

from app.retrieval.deduplication import distinct, without_repeats
from app.retrieval.models import Source
from tests.support.sources import source

SOURCES = st.lists(
    st.builds(
        source,
        st.sampled_from("abc"),
        document=st.integers(1, 3),
        ordinal=st.integers(0, 5),
    )
)


class TestDistinct:
    """One source for each text."""

    def test_repeated_text_is_cited_where_it_first_occurs(self) -> None:
        """A text stands where its best occurrence ranks, and is cited where it first occurs."""
        later, other = source("same", ordinal=7), source("other", ordinal=3)
        earlier = source("same", ordinal=2)
        assert distinct([later, other, earlier]) == [earlier, other]

    def test_two_documents_with_one_text_are_one_source(self) -> None:
        """What two documents say in the same words is one source, from the better of the two."""
        better, worse = source("same", document=2), source("same", document=1)
        assert distinct([better, source("other"), worse]) == [better, source("other")]

    def test_earlier_place_elsewhere_replaces_nothing(self) -> None:
        """A place in another document does not replace the best one, however early it is."""
        best, elsewhere = source("same", document=1, ordinal=5), source("same", document=2)
        assert distinct([best, elsewhere]) == [best]

    def test_best_document_is_cited_where_it_says_it_first(self) -> None:
        """Beside another document's copy, the best document's first occurrence is still cited."""
        later, elsewhere = source("same", ordinal=5), source("same", document=2, ordinal=1)
        earlier = source("same", ordinal=2)
        assert distinct([later, elsewhere, earlier]) == [earlier]

    def test_one_character_makes_another_source(self) -> None:
        """Texts that differ in one character are two sources."""
        assert len(distinct([source("same"), source("Same", document=2)])) == 2

    def test_no_passages_are_no_sources(self) -> None:
        """Of no passages there are no sources."""
        assert distinct([]) == []

    @given(SOURCES)
    def test_every_text_is_there_once_in_order(self, sources: list[Source]) -> None:
        """Every text is there once, in the order of the best occurrences."""
        texts = [kept.text for kept in distinct(sources)]
        assert texts == list(dict.fromkeys(found.text for found in sources))


class TestWithoutRepeats:
    """One source for texts that are nearly equal."""

    WARRANTY = "The warranty of the drill is two years from the date of purchase. Keep the receipt."

    def said(self, question: str, *texts: str) -> list[str]:
        """The texts that are left."""
        sources = [source(text, document=number) for number, text in enumerate(texts)]
        return [kept.text for kept in without_repeats(sources, question)]

    def test_difference_beside_what_is_asked_makes_no_other_source(self) -> None:
        """Where a leaflet's own number is all that differs, one leaflet is enough."""
        first, second = (f"# Leaflet {n}\n\n{self.WARRANTY}" for n in (1, 2))
        assert self.said("How long is the warranty of the drill?", first, second) == [first]

    def test_characters_without_blanks_count_as_words(self) -> None:
        """Copies are found in languages without blanks as well."""
        text = "本合同的期限为三年。押金为两个月的租金。"
        first, second = (f"第{n}页\n\n{text}" for n in "一二")
        assert self.said("押金是多少？", first, second) == [first]

    def test_what_is_asked_is_never_merged(self) -> None:
        """A number, a date or a name that differs in what is asked makes another source."""
        two, three = self.WARRANTY, self.WARRANTY.replace("two", "three")
        assert self.said("How long is the warranty?", two, three) == [two, three]
        leaflets = [f"# Leaflet {n}\n\n{self.WARRANTY}" for n in (1, 2)]
        assert self.said("Which leaflets speak of drills?", *leaflets) == leaflets

    def test_other_white_space_makes_no_other_source(self) -> None:
        """The same text with other line ends is the same, and so it is in other letters."""
        other = self.WARRANTY.replace(" ", "\n", 3).replace("fi", "\ufb01")
        assert self.said("Where do I keep the receipt?", self.WARRANTY, other) == [self.WARRANTY]

    def test_other_texts_are_kept(self) -> None:
        """Texts with little in common are kept, although neither has a word of the question."""
        texts = [self.WARRANTY, "Register the drill online."]
        assert self.said("Mallards?", *texts) == texts
