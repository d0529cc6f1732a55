"""A small knowledge base, and questions that it answers or does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.core.caller import NOBODY
from app.db import open_database
from app.documents.models import NewDocument
from app.documents.services import DocumentService
from app.embeddings.embedder import Embedder
from settings import Settings
from tests.support.knowledge import DUCKS, open_knowledge

PORT = "The API of bRAG listens on port 8000 unless the setting PORT says otherwise."
VOLCANO = "Mount Etna on Sicily is one of the most active volcanoes of Europe."

PORT_QUESTION = "Which port does the API listen on?"
DUCK_QUESTION = "What do mallard ducks eat?"
UNRELATED_QUESTION = "Who won the chess tournament yesterday?"


def document(name: str, text: str) -> NewDocument:
    """A document out of a text; its source is made for these tests."""
    return NewDocument(text.encode(), name.capitalize(), f"tests/chat/{name}.txt", "text/plain")


DOCUMENTS = [document("port", PORT), document("ducks", DUCKS), document("volcano", VOLCANO)]


@asynccontextmanager
async def ingested(settings: Settings, embedder: Embedder) -> AsyncIterator[None]:
    """Ingests the documents into DATA_DIR; afterwards they are gone from Postgres again."""
    async with open_knowledge(settings, embedder) as knowledge:
        added = [(await knowledge.documents.add(NOBODY, new))[0] for new in DOCUMENTS]
        await knowledge.work()
    yield
    async with open_database(settings) as database:
        for stored in added:
            await DocumentService(database).delete(NOBODY, stored.uuid)
