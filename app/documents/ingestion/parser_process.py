"""Bytes to passages in a process of its own: a hostile document hurts nothing but itself."""

import asyncio
import atexit
import multiprocessing
import resource
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Final

from tokenizers import Tokenizer

from app.core.priorities import give_way
from app.documents.constants import PARSER_MEMORY_BYTES, PARSER_TIMEOUT_SEC
from app.documents.ingestion.chunking import Passage, split
from app.documents.models import default_title
from app.loaders import LoadedDocument, load, load_text
from app.loaders.exceptions import UnreadableDocument
from app.loaders.media_types import telling_name

SENT_AT_ONCE: Final = 64  # passages
# A signal reaches the whole process group. The service ends in order, and this process with it.
IGNORED_SIGNALS: Final = {signal.SIGINT, signal.SIGTERM}
TOO_MUCH: Final = "This document takes too long or too much memory to read: split it up."
DAMAGED: Final = "This document is damaged: open it, save it anew and send that."
CRASHES: Final = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE}


class ParserDied(UnreadableDocument):
    """The process that read a document died, or took too long: perhaps not by its fault."""


@dataclass(frozen=True)
class DocumentFile:
    """A document as it was sent; `title` is what its owner calls it, if anything.

    `name` may be another than its source, and say better of what type it is; `declared_type` is
    what it was labelled as, None for a text, which is taken as it is.
    """

    content: bytes
    source: str
    name: str | None
    declared_type: str | None
    title: str | None


@dataclass(frozen=True)
class ParsedDocument:
    """A document as it is going to be embedded, and its text in UTF-8.

    `fault` says what of it could not be read.
    """

    title: str
    media_type: str
    fault: str | None
    text: bytes
    text_sha256: str
    passages: list[Passage]


@asynccontextmanager
async def open_parser(
    tokenizer: Tokenizer, given: "Parser | None" = None
) -> "AsyncIterator[Parser]":
    """The given parser, or one that is closed at the end."""
    if given is not None:
        yield given
        return
    parser = Parser(tokenizer)
    try:
        yield parser
    finally:
        await parser.close()


class Parser:
    """Parses one document at a time in a process, which starts with the first document.

    A process that dies is replaced; the document that it read raises UnreadableDocument, with which
    `Pipeline.ingest` fails it.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer.to_str()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parsing")
        self._child: _Child | None = None

    async def parse(self, file: DocumentFile) -> ParsedDocument:
        """The passages of a document; raises UnreadableDocument with the reason."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._parse, file)

    async def close(self) -> None:
        """Ends the process, whatever it is doing."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        if self._child is not None:
            self._child.kill()  # the thread that waits for its answer returns
        self._thread.shutdown(cancel_futures=True)
        if self._child is not None:
            self._child.end()

    def _parse(self, file: DocumentFile) -> ParsedDocument:
        if self._child is None or not self._child.is_alive:
            self._child = _Child()
            self._child.tell(self._tokenizer)
        answer = self._child.ask(file)
        if answer is None:
            exit_code = self._child.end()
            raise ParserDied(DAMAGED if exit_code in CRASHES else TOO_MUCH)
        if isinstance(answer, UnreadableDocument):
            raise answer
        return answer


class _Child:
    """The process, and the line to it."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, other_end = context.Pipe()
        arguments = (other_end, PARSER_MEMORY_BYTES)
        self._process = context.Process(target=_serve, args=arguments, daemon=True)
        resource_tracker.ensure_running()  # the first start would, and lift the mask
        # The process has this thread's mask from its first moment on.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED_SIGNALS)
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        atexit.register(self.kill)  # multiprocessing would send a SIGTERM, and wait
        other_end.close()

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.is_alive()

    def tell(self, tokenizer: str) -> None:
        """Says how to measure; as an argument it would block for ever if the process dies early."""
        with suppress(OSError):
            self._line.send(tokenizer)

    def ask(self, file: DocumentFile) -> "ParsedDocument | UnreadableDocument | None":
        """What it answers; None if it died, or did not in PARSER_TIMEOUT_SEC."""
        with suppress(EOFError, OSError):
            self._line.send(replace(file, content=b""))
            self._line.send_bytes(file.content)  # as they are: pickling would copy them
            if self._line.poll(PARSER_TIMEOUT_SEC):
                return self._receive()
        return None

    def _receive(self) -> "ParsedDocument | UnreadableDocument":
        answer: ParsedDocument | UnreadableDocument = self._line.recv()
        if isinstance(answer, ParsedDocument):
            answer = replace(answer, text=self._line.recv_bytes())
            while some := self._line.recv():
                answer.passages.extend(some)
        return answer

    def kill(self) -> None:
        """Kills it: it holds nothing that would be lost."""
        self._process.kill()

    def end(self) -> int | None:
        """Kills it and lets go of it: not while another thread asks. How it ended."""
        self.kill()
        atexit.unregister(self.kill)
        self._process.join()
        self._line.close()
        return self._process.exitcode


def _serve(line: Connection, memory_bytes: int) -> None:
    give_way()
    _limit_memory(memory_bytes)
    with suppress(EOFError, ConnectionError):  # the service is gone
        tokenizer = Tokenizer.from_str(line.recv())
        while True:
            file = replace(line.recv(), content=line.recv_bytes())
            _send(line, _answer(file, tokenizer))


def _limit_memory(memory_bytes: int) -> None:
    """Bounds the memory of this process, where the platform lets it.

    macOS refuses (https://github.com/python/cpython/issues/78783): the time limit still holds.
    """
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _send(line: Connection, answer: "ParsedDocument | UnreadableDocument") -> None:
    """Passages go a few at a time, and the text as bytes: unpickling would stop the service."""
    if isinstance(answer, UnreadableDocument):
        return line.send(answer)
    line.send(replace(answer, text=b"", passages=[]))
    line.send_bytes(answer.text)
    for start in range(0, len(answer.passages), SENT_AT_ONCE):
        line.send(answer.passages[start : start + SENT_AT_ONCE])
    return line.send([])


def _load(file: DocumentFile) -> LoadedDocument:
    if file.declared_type is None:
        return load_text(file.content)
    name = telling_name(file.name, file.source)
    return load(file.content, name=name, media_type=file.declared_type)


def _answer(file: DocumentFile, tokenizer: Tokenizer) -> "ParsedDocument | UnreadableDocument":
    try:
        loaded = _load(file)
        title = file.title or loaded.title or default_title(file.source)
        passages = split(loaded.text, tokenizer, title=title, page_starts=loaded.page_starts)
        text = loaded.text.encode()
        digest = sha256(text).hexdigest()
        return ParsedDocument(title, loaded.media_type, loaded.fault, text, digest, passages)
    except UnreadableDocument as error:
        return error
    except MemoryError:
        return UnreadableDocument(TOO_MUCH)
