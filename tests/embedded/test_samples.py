"""The sample documents of an embedded start: when they go in, and when they stay away."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.core.caller import NOBODY
from app.db import open_database
from app.documents.services import DocumentService
from app.embedded import samples
from app.embedded.samples import ingest_samples, wait_for_samples
from settings import Settings
from tests.support.knowledge import text_document
from tests.support.psql import url_of

SAMPLE = "docs/questions.md"


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the parts of a start are told; it has one sample, for the sake of time."""
    monkeypatch.setattr(samples, "SAMPLES", (SAMPLE,))
    return {"DATABASE_URL": url_of(settings), "DATA_DIR": str(settings.DATA_DIR)}


@pytest.fixture
async def documents(settings: Settings) -> AsyncIterator[DocumentService]:
    """The documents of the knowledge base."""
    async with open_database(settings) as database:
        yield DocumentService(database)


@pytest.fixture
def unfinished(settings: Settings) -> Path:
    """What a start leaves that was broken off while the samples went in."""
    file = settings.DATA_DIR / "samples-unfinished"
    file.touch()
    return file


async def sources(documents: DocumentService) -> list[str]:
    """What the knowledge base holds."""
    return [Path(document.source).name for document in await documents.page(NOBODY, 20)]


class TestIngestSamples:
    async def test_deleted_samples_never_come_back(
        self, environment: dict[str, str], documents: DocumentService
    ) -> None:
        """A new knowledge base is filled; no start brings back what was deleted."""
        await ingest_samples(environment)
        assert await sources(documents) == ["questions.md"]
        for document in await documents.page(NOBODY, 20):
            await documents.delete(NOBODY, document.uuid)
        await ingest_samples(environment)
        assert await sources(documents) == []

    async def test_they_leave_as_another_document_comes_in(
        self, environment: dict[str, str], documents: DocumentService
    ) -> None:
        """What a start puts in leaves as soon as another document comes in, and stays away."""
        await ingest_samples(environment)
        await documents.add(NOBODY, text_document("Ducks.", "a.txt"))
        await ingest_samples(environment)
        assert await sources(documents) == ["a.txt"]
        assert await wait_for_samples(environment) is False

    async def test_filling_that_was_broken_off_is_finished(
        self, environment: dict[str, str], documents: DocumentService, unfinished: Path
    ) -> None:
        """A filling that was broken off is finished by the next start."""
        await documents.add(NOBODY, text_document("Half.", "half.md", is_sample=True))
        await ingest_samples(environment)
        assert sorted(await sources(documents)) == ["half.md", "questions.md"]
        assert not await asyncio.to_thread(unfinished.exists)

    async def test_nothing_is_finished_beside_others(
        self, environment: dict[str, str], documents: DocumentService, unfinished: Path
    ) -> None:
        """A filling that was broken off is not finished beside other documents."""
        await documents.add(NOBODY, text_document("Ducks.", "a.txt"))
        await ingest_samples(environment)
        assert await sources(documents) == ["a.txt"]
        assert not await asyncio.to_thread(unfinished.exists)
