"""What the tests of the evaluation share: a knowledge base that is filled."""

import pytest

from app.embeddings.embedder import Embedder
from settings import Settings
from tests.support.knowledge import open_knowledge
from tests.support.labelled_sets import TEXTS


@pytest.fixture
async def filled(settings: Settings, embedder: Embedder) -> Settings:
    """The settings of a knowledge base that holds the texts, and that no process holds."""
    async with open_knowledge(settings, embedder) as knowledge:
        for source, text in TEXTS.items():
            await knowledge.ingest(text, source)
    return settings
