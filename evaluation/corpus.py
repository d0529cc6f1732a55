"""What labelled questions are put to: the knowledge base, or a temporary one of a given corpus."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from app.command_line import open_any_database
from app.core.arguments import path_argument
from app.core.background import background
from app.core.caller import NOBODY, SERVICE
from app.db import Database
from app.documents.console import follow_all, say
from app.documents.models import Document, DocumentStatus, NewDocument, default_title
from app.documents.runtime import Index, open_index, open_knowledge
from app.documents.services import DocumentService
from app.embeddings.embedder import Embedder, open_embedder
from app.loaders.constants import PLAIN_TEXT
from app.loaders.files import find_files
from app.loaders.media_types import UNKNOWN
from app.retrieval.relevance import Relevance
from app.retrieval.services import RetrievalService
from app.vector_store.exceptions import StoreHeld
from evaluation.dataset import Label, read_corpus
from evaluation.exceptions import UnusableSet
from settings import Settings

PAGE: Final = 200
CORPUS: Final = ".jsonl"


@dataclass(frozen=True)
class KnowledgeBase:
    """A knowledge base that can be asked.

    `texts` holds, for the source of each document, the text in which labels count their offsets.
    """

    embedder: Embedder
    retrieval: RetrievalService
    threshold: float
    texts: Mapping[str, str]
    passages: int

    @cached_property
    def names(self) -> Mapping[str, str]:
        """For each source, the first one with the same text: judgements take copies for one."""
        first: dict[str, str] = {}
        return {
            source: first.setdefault(text or source, source) for source, text in self.texts.items()
        }

    def place(self, label: Label) -> Label:
        """The label with its document named as in `names`; UnusableSet if that is not there.

        It may name a file as whoever runs the command would: by a path from where they stand.
        """
        for name in (label.document, path_argument(label.document).as_posix()):
            if name in self.texts:
                return label.model_copy(update={"document": self.names[name]})
        raise UnusableSet(f"A label names {label.document}, which is not among the documents.")


@asynccontextmanager
async def open_knowledge_base(
    settings: Settings, corpus: Sequence[Path] | None = None
) -> AsyncIterator[KnowledgeBase]:
    """The knowledge base of the settings, or one of this corpus that is deleted afterwards.

    A corpus is `.jsonl` files of documents, other files, and folders.
    """
    if corpus is None:
        async with open_knowledge(settings) as (database, index):
            if index is None:
                raise StoreHeld("A server on this machine holds the vectors: stop it first.")
            ready = await _all(DocumentService(database), DocumentStatus.READY)
            texts = {document.source: "" for document in ready}
            yield await _knowledge_base(settings, database, index, texts)
    else:
        new = await asyncio.to_thread(_read, corpus)
        async with _open_temporary(settings) as (database, index):
            texts = await _fill(DocumentService(database), index, new)
            yield await _knowledge_base(settings, database, index, texts)


@asynccontextmanager
async def _open_temporary(settings: Settings) -> AsyncIterator[tuple[Database, Index]]:
    """An empty knowledge base with the embedding model of the settings, in a folder of its own."""
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="brag-")
    own = {"DATA_DIR": Path(folder), "DATABASE_URL": None, "QDRANT_URL": None, "QDRANT_HOST": None}
    temporary = settings.model_copy(update=own)
    try:
        async with (
            open_embedder(settings) as embedder,
            open_any_database(temporary) as database,
            open_index(temporary, database, embedder) as index,
        ):
            assert index is not None  # no other process knows the folder
            yield database, index
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)


async def _knowledge_base(
    settings: Settings, database: Database, index: Index, texts: Mapping[str, str]
) -> KnowledgeBase:
    relevance = Relevance(database, settings.EMBEDDING_MODEL, settings.RELEVANCE_THRESHOLD)
    await relevance.refresh()
    retrieval = RetrievalService(index.embedder, index.store, database, relevance)
    passages = await database.query(SERVICE, "count_passages")
    return KnowledgeBase(index.embedder, retrieval, relevance.threshold, texts, passages)


def _read(corpus: Sequence[Path]) -> list[NewDocument]:
    try:
        new = [document for path in corpus for document in _read_path(path)]
    except OSError as error:
        raise UnusableSet(f"{error.filename} cannot be read: {error.strerror}.") from error
    if len({document.source for document in new}) < len(new):
        raise UnusableSet("Several documents of the corpus have the same id or path.")
    return new


def _read_path(path: Path) -> Iterator[NewDocument]:
    if path.suffix == CORPUS:
        for document in read_corpus(path):
            title = document.title.strip() or default_title(document.id)
            yield NewDocument(document.text.encode(), title, document.id, PLAIN_TEXT)
    else:
        yield from map(_read_file, find_files(path))


def _read_file(file: Path) -> NewDocument:
    source = file.as_posix()
    title = default_title(source)
    return NewDocument(file.read_bytes(), title, source, UNKNOWN, file.name, UNKNOWN)


async def _fill(
    documents: DocumentService, index: Index, new: Sequence[NewDocument]
) -> dict[str, str]:
    """Ingests all; returns the texts by their sources."""
    for document in new:
        await documents.add(NOBODY, document)
    async with background(index.worker.run()):
        await follow_all(documents)
    for failed in await _all(documents, DocumentStatus.FAILED):
        say(f"{failed.source}: {failed.error}", sys.stderr)
    return {document.source: document.content.decode(errors="ignore") for document in new}


async def _all(documents: DocumentService, status: DocumentStatus) -> list[Document]:
    found: list[Document] = []
    while page := await documents.page(NOBODY, PAGE, found[-1].uuid if found else None, status):
        found += page
    return found
