"""Documents for a parser, and a look at its process."""

import psutil

from app.documents.ingestion.parser_process import DocumentFile
from tests.support.knowledge import pages
from tests.support.waiting import until

DUCKS = b"# Ducks\n\nMallard ducks eat seeds."
LARGE = DocumentFile(pages(4_000).encode(), "large.txt", None, "text/plain", None)
SMALLER = DocumentFile(pages(1_000).encode(), "smaller.txt", None, "text/plain", None)


def file(
    content: bytes = DUCKS, source: str = "a/ducks.md", title: str | None = None
) -> DocumentFile:
    """A document as it was sent, of no declared type."""
    return DocumentFile(content, source, None, "application/octet-stream", title)


def children() -> set[psutil.Process]:
    """The parser processes that this one has started."""
    started = psutil.Process().children()
    return {child for child in started if "ingestion.parser" in " ".join(child.cmdline())}


async def started(before: set[psutil.Process]) -> psutil.Process:
    """The parser process that was not there before."""
    await until(lambda: children() > before)
    [process] = children() - before
    return process
