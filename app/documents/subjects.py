"""What labelled questions are put to: the knowledge base, or a temporary one of a given corpus."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.core.embeddings import Embedder
from app.db import Database
from app.documents.console import (
    Index,
    follow_all,
    open_database,
    open_embedder,
    open_index,
    open_knowledge,
    say,
    working,
)
from app.documents.exceptions import StoreHeld, UnusableSet
from app.documents.loaders.constants import PLAIN_TEXT
from app.documents.loaders.files import find_files
from app.documents.loaders.media_types import UNKNOWN
from app.documents.models import Document, DocumentStatus, NewDocument, default_title
from app.documents.questions import Label, read_corpus
from app.documents.relevance import Relevance
from app.documents.retrieval import RetrievalService
from app.documents.services import DocumentService
from settings import Settings

PAGE = 200
CORPUS = ".jsonl"


@dataclass(frozen=True, slots=True)
class Labelled:
    """A document as labels name it: its source here, and its text where their offsets count."""

    source: str
    text: str = ""

    def place(self, label: Label) -> Label:
        """The label in terms of what is stored, where each CR LF has become one character."""
        if label.start is None or label.end is None:
            return Label(document=self.source)
        start, end = (each - self.text.count("\r\n", 0, each) for each in (label.start, label.end))
        return Label(document=self.source, start=start, end=end)


@dataclass(frozen=True)
class Subject:
    """A knowledge base that can be asked, and its documents by the names that labels use."""

    embedder: Embedder
    retrieval: RetrievalService
    threshold: float
    documents: Mapping[str, Labelled]
    passages: int

    def place(self, label: Label) -> Label:
        """The label in terms of what is stored; raises UnusableSet if its document is not there."""
        if label.document not in self.documents:
            raise UnusableSet(f"A label names {label.document}, which is not among the documents.")
        return self.documents[label.document].place(label)


@asynccontextmanager
async def open_subject(
    settings: Settings, corpus: Sequence[Path] | None = None
) -> AsyncIterator[Subject]:
    """The knowledge base of the settings, or one of this corpus that is deleted afterwards.

    A corpus is `.jsonl` files of documents, other files, and folders.
    """
    if corpus is None:
        async with open_knowledge(settings) as (database, index):
            if index is None:
                raise StoreHeld("A server on this machine holds the vectors: stop it first.")
            ready = await _ready(DocumentService(database))
            documents = {each.source: Labelled(each.source) for each in ready}
            yield await _subject(settings, database, index, documents)
    else:
        new = await asyncio.to_thread(_read, corpus)
        async with _open_temporary(settings) as (database, index):
            documents = await _fill(DocumentService(database), index, new)
            yield await _subject(settings, database, index, documents)


@asynccontextmanager
async def _open_temporary(settings: Settings) -> AsyncIterator[tuple[Database, Index]]:
    """An empty knowledge base with the embedding model of the settings, in a folder of its own."""
    folder = await asyncio.to_thread(tempfile.mkdtemp, prefix="brag-")
    own = {"DATA_DIR": Path(folder), "DATABASE_URL": None, "QDRANT_URL": None, "QDRANT_HOST": None}
    temporary = settings.model_copy(update=own)
    try:
        async with (
            open_embedder(settings) as embedder,
            open_database(temporary) as database,
            open_index(temporary, database, embedder) as index,
        ):
            assert index is not None  # nobody else knows the folder
            yield database, index
    finally:
        await asyncio.to_thread(shutil.rmtree, folder)


async def _subject(
    settings: Settings, database: Database, index: Index, documents: Mapping[str, Labelled]
) -> Subject:
    relevance = Relevance(database, settings.EMBEDDING_MODEL, settings.RELEVANCE_THRESHOLD)
    await relevance.refresh()
    retrieval = RetrievalService(index.embedder, index.store, database, relevance)
    passages = await database.query("count_passages")
    return Subject(index.embedder, retrieval, relevance.threshold, documents, passages)


def _read(corpus: Sequence[Path]) -> list[NewDocument]:
    try:
        new = [each for path in corpus for each in _read_path(path)]
    except OSError as error:
        raise UnusableSet(f"{error.filename} cannot be read: {error.strerror}.") from error
    if len({each.source for each in new}) < len(new):
        raise UnusableSet("Several documents of the corpus have the same id or path.")
    return new


def _read_path(path: Path) -> Iterator[NewDocument]:
    if path.suffix == CORPUS:
        for each in read_corpus(path):
            title = each.title.strip() or default_title(each.id)
            yield NewDocument(each.text.encode(), title, each.id, PLAIN_TEXT)
    else:
        yield from map(_read_file, find_files(path))


def _read_file(file: Path) -> NewDocument:
    source = file.as_posix()
    return NewDocument(file.read_bytes(), default_title(source), source, UNKNOWN)


async def _fill(
    documents: DocumentService, index: Index, new: Sequence[NewDocument]
) -> dict[str, Labelled]:
    """Ingests all; documents with the same content are one, which labels know by either name."""
    labelled = {}
    for each in new:
        stored, _ = await documents.add(each, None)
        labelled[each.source] = Labelled(stored.source, each.content.decode(errors="ignore"))
    async with working(index.worker.run()):
        await follow_all(documents)
    for failed in await _all(documents, DocumentStatus.FAILED):
        say(f"{failed.source}: {failed.error}", sys.stderr)
    return labelled


async def _ready(documents: DocumentService) -> list[Document]:
    return await _all(documents, DocumentStatus.READY)


async def _all(documents: DocumentService, status: DocumentStatus) -> list[Document]:
    found: list[Document] = []
    while page := await documents.page(None, PAGE, found[-1].uuid if found else None, status):
        found += page
    return found
