"""Bytes to passages in processes of their own: a hostile document hurts nothing but itself."""

import asyncio
import atexit
import os
import signal
import socket
import subprocess
import sys
import time
from asyncio import TimerHandle
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import orjson
from tokenizers import Tokenizer

from app.core.constants import ROOT
from app.documents.constants import (
    PARSER_CPU_SEC,
    PARSER_CPU_SEC_PER_MB,
    PARSER_IDLE_SEC,
    PARSER_MEMORY_BYTES,
    PARSER_MEMORY_PER_BYTE,
    PARSER_PATIENCE,
    TOO_MUCH,
)
from app.documents.ingestion.answers import ParsedDocument, ParserNotInstalled, read_answer
from app.documents.ingestion.line import Line
from app.documents.models import default_title
from app.loaders.exceptions import UnreadableDocument
from app.loaders.media_types import telling_name

MODULE: Final = "app.documents.ingestion.parser"
# A signal reaches the whole process group. The service ends in order, and this process with it.
IGNORED_SIGNALS: Final = {signal.SIGINT, signal.SIGTERM}
DAMAGED: Final = "This document is damaged: open it, save it anew and send that."
CRASHES: Final = {-signal.SIGSEGV, -signal.SIGBUS, -signal.SIGILL, -signal.SIGFPE}
# Of the variables of this process, which hold secrets, those that Python and its libraries need.
NEEDED_VARIABLES: Final = ("PATH", "LANG", "LC_", "TMPDIR", "PYTHON", "LD_", "DYLD_")


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


@asynccontextmanager
async def open_parser(
    tokenizer: Tokenizer, at_once: int, given: "Parser | None" = None
) -> "AsyncIterator[Parser]":
    """The given parser, or one that is closed at the end."""
    if given is not None:
        yield given
        return
    parser = Parser(tokenizer, at_once)
    try:
        yield parser
    finally:
        await parser.close()


class Parser:
    """Parses each document in a process that reads no other meanwhile, at most so many at once.

    A process starts when a document needs it, reads one after the other, and ends after a while
    without any. One that dies is replaced; the document that it read raises UnreadableDocument,
    with which `Pipeline.ingest` fails it.
    """

    def __init__(self, tokenizer: Tokenizer, at_once: int = 1) -> None:
        self._tokenizer = tokenizer.to_str().encode()
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="parsing")
        self._children: set[_Child] = set()
        self._idle: list[_Child] = []
        self._rest: TimerHandle | None = None

    async def parse(self, file: DocumentFile) -> ParsedDocument:
        """The passages of a document; raises UnreadableDocument or ParserNotInstalled with why."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._threads, self._parse, file)
        finally:
            self._cancel_rest()
            self._rest = loop.call_later(PARSER_IDLE_SEC, self._end_idle_soon)

    async def close(self) -> None:
        """Ends the processes, whatever they are doing."""
        self._cancel_rest()
        await asyncio.to_thread(self._close)

    def _cancel_rest(self) -> None:
        if self._rest is not None:
            self._rest.cancel()

    def _close(self) -> None:
        for child in self._children.copy():
            child.kill()  # the thread that waits for its answer returns
        self._threads.shutdown(cancel_futures=True)
        self._end_idle()

    def _end_idle_soon(self) -> None:
        with suppress(RuntimeError):  # it was closed meanwhile
            self._threads.submit(self._end_idle)

    def _end_idle(self) -> None:
        while self._idle:
            self._end(self._idle.pop())

    def _end(self, child: "_Child") -> int:
        self._children.discard(child)
        return child.end()

    def _parse(self, file: DocumentFile) -> ParsedDocument:
        child = self._take()
        try:
            parsed = child.ask(file)
        except (OSError, EOFError, ValueError) as error:
            exit_code = self._end(child)
            is_crash = exit_code in CRASHES or isinstance(error, ValueError)
            raise ParserDied(DAMAGED if is_crash else TOO_MUCH) from error
        except UnreadableDocument:
            self._idle.append(child)
            raise
        except ParserNotInstalled:
            self._end(child)  # a new process sees what is installed by then
            raise
        self._idle.append(child)
        return parsed

    def _take(self) -> "_Child":
        while self._idle:
            child = self._idle.pop()
            if child.is_alive:
                return child
            self._end(child)
        child = _Child(self._tokenizer)
        self._children.add(child)
        return child


class _Child:
    """A process, and the line to it."""

    def __init__(self, tokenizer: bytes) -> None:
        own_end, other_end = socket.socketpair()
        # The process has this thread's mask from its first moment on.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, IGNORED_SIGNALS)
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [sys.executable, "-m", MODULE],
                stdin=other_end.fileno(),
                stdout=subprocess.DEVNULL,
                env=_environment(),
                cwd=ROOT,
            )
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            other_end.close()
        self._line, self._tokenizer = Line(own_end), tokenizer
        self._is_told = False
        atexit.register(self.end)

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, file: DocumentFile) -> ParsedDocument:
        """What it answers; raises as `read_answer` does, and sooner or later in any case."""
        size = len(file.content)
        cpu_sec = PARSER_CPU_SEC + PARSER_CPU_SEC_PER_MB * size / 2**20
        deadline = time.monotonic() + PARSER_PATIENCE * cpu_sec
        request = {
            "name": telling_name(file.name, file.source),
            "declared_type": file.declared_type,
            "title": file.title,
            "default_title": default_title(file.source),
            "memory_bytes": PARSER_MEMORY_BYTES + PARSER_MEMORY_PER_BYTE * size,
            "cpu_sec": cpu_sec,
        }
        told = [] if self._is_told else [self._tokenizer]
        for message in (*told, orjson.dumps(request), file.content):
            self._line.send(message, deadline)
        self._is_told = True
        return read_answer(self._line, deadline)

    def kill(self) -> None:
        """Kills it: it holds nothing that would be lost."""
        self._process.kill()

    def end(self) -> int:
        """Kills it and lets go of it: not while another thread asks. How it ended."""
        self.kill()
        atexit.unregister(self.end)
        exit_code = self._process.wait()
        self._line.close()
        return exit_code


def _environment() -> dict[str, str]:
    needed = {name: os.environ[name] for name in os.environ if name.startswith(NEEDED_VARIABLES)}
    paths = [str(ROOT), *filter(None, sys.path)]  # whatever this process can import
    return {**needed, "PYTHONPATH": os.pathsep.join(paths), "TOKENIZERS_PARALLELISM": "false"}
