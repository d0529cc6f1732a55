"""Ranking: the dense and the BM25 search joined into one list."""

from collections.abc import Iterable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vector_store.base import Candidate
from app.vector_store.fusion import BM25_SCALE, rank

Hits = list[tuple[UUID, float, float]]

# Of every point its id, its cosine, and its BM25 score, which is 0 where no word is shared.
HITS = st.lists(
    st.tuples(st.uuids(), st.floats(-1, 1), st.just(0.0) | st.floats(0, 100)),
    unique_by=lambda hit: hit[0],
)


def ranked(hits: Iterable[tuple[UUID, float, float]]) -> list[Candidate]:
    """The candidates that `rank` makes of what the searches found, in the order of these."""
    given = list(hits)
    bm25 = {id: score for id, _, score in given if score}
    return rank({id: cosine for id, cosine, _ in given}, bm25)


def order(*hits: tuple[int, float, float]) -> list[int]:
    """In which order points with these numbers are ranked."""
    found = [(UUID(int=number), cosine, bm25) for number, cosine, bm25 in hits]
    return [candidate.id.int for candidate in ranked(found)]


class TestRank:
    """The order of candidates, and their scores."""

    def test_found_by_both_searches_comes_first(self) -> None:
        """A passage that both searches find good comes before those that one finds better."""
        assert order((1, 0.6, 0), (2, 0.1, 12), (3, 0.5, 10)) == [3, 1, 2]

    def test_without_common_words_meaning_decides(self) -> None:
        """A question that shares no word with any passage is answered by meaning alone."""
        assert order((1, 0.3, 0), (2, 0.7, 0)) == [2, 1]

    def test_equal_scores_come_in_the_order_of_their_ids(self) -> None:
        """Passages of the same score come in the order of their ids."""
        assert order((3, 0.5, 0), (1, 0.5, 0), (2, 0.5, 0)) == [1, 2, 3]

    def test_score_is_the_cosine_and_a_share_of_bm25(self) -> None:
        """A candidate's score is its cosine, and a share of what BM25 gives it."""
        [candidate] = ranked([(UUID(int=1), 0.25, 10.0)])
        assert candidate.score == pytest.approx(0.25 + 10 / BM25_SCALE)
        assert (candidate.cosine, candidate.bm25) == (0.25, 10)

    @given(HITS)
    def test_scores_fall_from_first_to_last(self, hits: Hits) -> None:
        """No candidate has a greater score than the one before it."""
        scores = [candidate.score for candidate in ranked(hits)]
        assert scores == sorted(scores, reverse=True)

    @given(HITS)
    def test_order_does_not_depend_on_the_store(self, hits: Hits) -> None:
        """Candidates come in an order that does not depend on how the store gave them."""
        in_order = ranked(hits)
        assert ranked(reversed(hits)) == in_order
        assert {candidate.id for candidate in in_order} == {id for id, _, _ in hits}

    @given(HITS)
    def test_better_in_both_searches_comes_first(self, hits: Hits) -> None:
        """No passage comes after one that both searches find worse."""
        in_order = ranked(hits)
        for place, worse in enumerate(in_order):
            for better in in_order[place + 1 :]:
                assert not (better.cosine > worse.cosine and better.bm25 > worse.bm25)
