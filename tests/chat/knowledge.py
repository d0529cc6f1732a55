"""A small knowledge base, and questions that it answers or does not."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from app.core.embeddings import Embedder
from app.db import create_database
from app.documents.models import NewDocument
from app.documents.services import DocumentService
from app.documents.store import create_vector_store
from app.documents.worker import open_worker
from settings import Settings

PORT = "The API of bRAG listens on port 8000 unless the setting PORT says otherwise."
DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."
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
    async with AsyncExitStack() as stack:
        database = create_database(settings)
        stack.push_async_callback(database.close)
        service = DocumentService(database)
        added = [(await service.add(each, None))[0] for each in DOCUMENTS]
        store = await create_vector_store(settings, embedder.dimensions)
        try:
            async with open_worker(database, embedder, store) as worker:
                while await worker.step():
                    pass
        finally:
            await store.close()
        yield
        for each in added:
            await service.delete(each.uuid, None)
