"""Ranking: the evidence of dense and BM25 search joined."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.documents.models import Source
from app.documents.ranking import Candidate, distinct, rank

CANDIDATES = st.lists(
    st.builds(
        Candidate,
        id=st.uuids(),
        cosine=st.floats(-1, 1),
        bm25=st.just(0.0) | st.floats(0, 100),
    ),
    unique_by=lambda candidate: candidate.id,
)


def ranked(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Candidates as `rank` orders them, given the scores that they have."""
    given = list(candidates)
    bm25 = {each.id: each.bm25 for each in given if each.bm25}
    return rank({each.id: each.cosine for each in given}, bm25)


class TestRank:
    """The order of candidates."""

    def test_both_searches(self) -> None:
        """A passage that both searches find good comes before those that one finds better."""
        dense = Candidate(UUID(int=1), cosine=0.6)
        bm25 = Candidate(UUID(int=2), cosine=0.1, bm25=12.0)
        both = Candidate(UUID(int=3), cosine=0.5, bm25=10.0)
        assert ranked([dense, bm25, both]) == [both, dense, bm25]

    def test_no_word_in_common(self) -> None:
        """A question that shares no word with any passage is answered by meaning alone."""
        near, far = Candidate(UUID(int=2), cosine=0.7), Candidate(UUID(int=1), cosine=0.3)
        assert ranked([far, near]) == [near, far]

    @given(CANDIDATES)
    def test_one_order(self, candidates: list[Candidate]) -> None:
        """The same candidates come in the same order, however the store gave them."""
        in_order = ranked(candidates)
        assert ranked(reversed(candidates)) == in_order
        assert {*in_order} == {*candidates}

    @given(CANDIDATES)
    def test_dominance(self, candidates: list[Candidate]) -> None:
        """No passage comes after one that both searches find worse."""
        in_order = ranked(candidates)
        for place, worse in enumerate(in_order):
            for better in in_order[place + 1 :]:
                assert not (better.cosine > worse.cosine and better.bm25 > worse.bm25)


class TestDistinct:
    """Passages that a document repeats."""

    def test_repeated(self) -> None:
        """A passage stands where its best occurrence ranks, and is cited where it first occurs."""
        document = uuid4()
        later, other = passage(document, 7, "same"), passage(document, 3, "other")
        earlier = passage(document, 2, "same")
        assert distinct([later, other, earlier]) == [earlier, other]

    def test_in_two_documents(self) -> None:
        """What two documents say in the same words is there from both."""
        sources = [passage(uuid4(), 0, "same"), passage(uuid4(), 0, "same")]
        assert distinct(sources) == sources


def passage(document: UUID, ordinal: int, text: str) -> Source:
    """A source of which only place and text matter."""
    return Source(
        document_uuid=document,
        title="",
        source="",
        ordinal=ordinal,
        start=0,
        end=len(text),
        text=text,
        score=1.0,
    )
