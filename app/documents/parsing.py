"""Bytes to passages in a process of its own: a hostile document hurts nothing but itself."""

import asyncio
import atexit
import multiprocessing
import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import Final

from tokenizers import Tokenizer

from app.core.priorities import give_way
from app.documents.chunking import Chunk, split
from app.documents.constants import PARSER_MEMORY_BYTES, PARSER_TIMEOUT_SEC
from app.documents.exceptions import UnreadableDocument, UnsupportedMediaType
from app.documents.loaders import load
from app.documents.models import default_title

SENT_AT_ONCE: Final = 64  # passages
# They reach the whole process group; the service ends in order, and this process with it.
FOR_THE_SERVICE: Final = {signal.SIGINT, signal.SIGTERM}
TOO_MUCH: Final = "This document takes too long or too much memory to read: split it up."


@dataclass(frozen=True)
class Raw:
    """A document as it came; `title` is what its owner calls it, if anything."""

    content: bytes
    source: str
    media_type: str
    title: str | None


@dataclass(frozen=True)
class Parsed:
    """A document as it is going to be embedded."""

    title: str
    media_type: str
    chunks: list[Chunk]


class Parser:
    """Parses one document at a time, in a process that starts with the first.

    One that dies is replaced.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer.to_str()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="parsing")
        self._child: _Child | None = None

    async def parse(self, raw: Raw) -> Parsed:
        """The passages of a document; raises UnreadableDocument with the reason."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._parse, raw)

    async def close(self) -> None:
        """Ends the process, whatever it is doing."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        if self._child is not None:
            self._child.kill()  # the thread that waits for its answer returns
        self._thread.shutdown(cancel_futures=True)
        if self._child is not None:
            self._child.end()

    def _parse(self, raw: Raw) -> Parsed:
        if self._child is None or not self._child.is_alive:
            self._child = _Child()
            self._child.tell(self._tokenizer)
        answer = self._child.ask(raw)
        if answer is None:
            self._child.end()
            raise UnreadableDocument(TOO_MUCH)
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
        before = signal.pthread_sigmask(signal.SIG_BLOCK, FOR_THE_SERVICE)
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

    def ask(self, raw: Raw) -> "Parsed | UnreadableDocument | None":
        """What it answers; None if it died, or did not in PARSER_TIMEOUT_SEC."""
        with suppress(EOFError, OSError):
            self._line.send(replace(raw, content=b""))
            self._line.send_bytes(raw.content)  # as they are: pickling would copy them
            if self._line.poll(PARSER_TIMEOUT_SEC):
                return self._receive()
        return None

    def _receive(self) -> "Parsed | UnreadableDocument":
        answer: Parsed | UnreadableDocument = self._line.recv()
        if isinstance(answer, Parsed):
            while some := self._line.recv():
                answer.chunks.extend(some)
        return answer

    def kill(self) -> None:
        """Kills it: it holds nothing that would be lost."""
        self._process.kill()

    def end(self) -> None:
        """Kills it and lets go of it: not while another thread asks."""
        self.kill()
        atexit.unregister(self.kill)
        self._process.join()
        self._line.close()


def _serve(line: Connection, memory_bytes: int) -> None:
    give_way()
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    with suppress(EOFError, ConnectionError):  # the service is gone
        ruler = Tokenizer.from_str(line.recv())
        while True:
            raw = replace(line.recv(), content=line.recv_bytes())
            _send(line, _answer(raw, ruler))


def _send(line: Connection, answer: "Parsed | UnreadableDocument") -> None:
    """Passages go a few at a time: unpickling thousands at once would stop the service."""
    if isinstance(answer, UnreadableDocument):
        return line.send(answer)
    line.send(replace(answer, chunks=[]))
    for start in range(0, len(answer.chunks), SENT_AT_ONCE):
        line.send(answer.chunks[start : start + SENT_AT_ONCE])
    return line.send([])


def _answer(raw: Raw, tokenizer: Tokenizer) -> "Parsed | UnreadableDocument":
    try:
        loaded = load(raw.content, name=raw.source, media_type=raw.media_type)
        title = raw.title or loaded.title or default_title(raw.source)
        return Parsed(title, loaded.media_type, split(loaded.text, tokenizer, title=title))
    except UnreadableDocument as error:
        return error
    except UnsupportedMediaType as error:
        return UnreadableDocument(error.detail)
    except MemoryError:
        return UnreadableDocument(TOO_MUCH)
