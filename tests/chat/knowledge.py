"""A small knowledge base, and questions that it answers or does not."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from hashlib import sha256

from app.core.embeddings import Embedder
from app.db import create_database
from app.documents.models import NewDocument
from app.documents.services import IngestionService
from app.documents.store import create_vector_store
from settings import Settings

PORT = "The API of bRAG listens on port 8000 unless the setting PORT says otherwise."
DUCKS = "Mallard ducks eat water plants, seeds and small snails, mostly at dawn."
VOLCANO = "Mount Etna on Sicily is one of the most active volcanoes of Europe."

PORT_QUESTION = "Which port does the API listen on?"
DUCK_QUESTION = "What do mallard ducks eat?"
UNRELATED_QUESTION = "Who won the chess tournament yesterday?"


def document(name: str, text: str) -> NewDocument:
    """A document out of a text; its source is made for these tests."""
    data = text.encode()
    return NewDocument(
        title=name.capitalize(),
        source=f"tests/chat/{name}.txt",
        media_type="text/plain",
        text=text,
        bytes=len(data),
        sha256=sha256(data).hexdigest(),
    )


DOCUMENTS = [document("port", PORT), document("ducks", DUCKS), document("volcano", VOLCANO)]


@asynccontextmanager
async def ingested(settings: Settings, embedder: Embedder) -> AsyncIterator[None]:
    """Ingests the documents into DATA_DIR; afterwards they are gone from Postgres again."""
    async with AsyncExitStack() as stack:
        database = create_database(settings)
        stack.push_async_callback(database.close)
        store = await create_vector_store(settings, embedder.dimensions)
        try:
            service = IngestionService(embedder, store, database)
            for each in DOCUMENTS:
                await service.ingest(each, lambda done, total: None)
        finally:
            await store.close()
        yield
        for each in DOCUMENTS:
            await database.run(lambda queries, each=each: queries.delete_document(uuid=each.uuid))
