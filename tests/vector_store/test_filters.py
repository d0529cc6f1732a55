"""Filters, which mean the same in both kinds of store."""

from collections.abc import AsyncIterator

import pytest

from app.vector_store.base import SearchFilter, VectorStore
from app.vector_store.factory import create_vector_store
from tests.support.points import DIMENSIONS, asked, axis, uuid_of
from tests.support.stores import FILTERED, KINDS, found, settings_for


@pytest.fixture(scope="module", params=KINDS)
async def filtered(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[VectorStore]:
    """A store with points of several owners, to read only."""
    with settings_for(request.param, tmp_path_factory.mktemp("filtered")) as settings:
        store = await create_vector_store(settings, DIMENSIONS)
        await store.upsert(FILTERED)
        yield store
        await store.close()


class TestFilter:
    @pytest.mark.parametrize(
        ("where", "expected"),
        [
            (SearchFilter(), {1, 4}),
            (SearchFilter(7), {1, 2, 4}),
            (SearchFilter(8), {1, 3, 4}),
            (SearchFilter(9), {1, 4}),
            (SearchFilter(7, document_uuids=[uuid_of(1), uuid_of(2)]), {1, 2}),
            (SearchFilter(document_uuids=[uuid_of(9)]), set()),
            (SearchFilter(document_uuids=[]), set()),
            (SearchFilter(7, source="a.md"), {1, 2}),
            (SearchFilter(source=""), set()),
            (SearchFilter(7, metadata={"lang": "en"}), {1, 2}),
            (SearchFilter(7, metadata={}), {1, 2, 4}),
            (SearchFilter(7, metadata={"draft": True}), {1}),
            (SearchFilter(7, metadata={"draft": 1}), {2}),
            (SearchFilter(8, metadata={"draft": "True"}), {3}),
            (SearchFilter(metadata={'a."b[0]': "ü"}), {4}),
            (SearchFilter(metadata={"n": -(2**70)}), {4}),
            (SearchFilter(8, source="a.md", metadata={"lang": "de"}), set()),
            (SearchFilter(8, [uuid_of(1)], "a.md", {"lang": "en", "draft": True}), {1}),
            (SearchFilter(hidden={uuid_of(1)}), {4}),
            (SearchFilter(8, metadata={"lang": "de"}, hidden={uuid_of(2), uuid_of(3)}), set()),
        ],
        ids=str,
    )
    async def test_every_part_of_a_filter_must_hold(
        self, filtered: VectorStore, where: SearchFilter, expected: set[int]
    ) -> None:
        """A search finds what every part of its filter lets through, and nothing else."""
        assert {id.int for id in await found(filtered, where)} == expected

    async def test_words_of_hidden_points_find_nothing(self, filtered: VectorStore) -> None:
        """The words of a point that the caller may not see do not make it a candidate."""
        candidates = await filtered.query(asked(axis(1), "fox"), SearchFilter(8), candidates=100)
        by_words = [candidate.id for candidate in candidates if candidate.bm25]
        assert by_words == [uuid_of(4)]
