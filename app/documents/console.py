"""What the command line says: lines, and progress bars on a terminal."""

import asyncio
import sys
from typing import Final, TextIO
from uuid import UUID

from tqdm import tqdm

from app.core.caller import Caller
from app.documents.constants import WATCH_SEC
from app.documents.models import Document, DocumentStatus
from app.documents.services import DocumentService

ENDED: Final = (DocumentStatus.READY, DocumentStatus.FAILED)


async def follow(caller: Caller, documents: DocumentService, uuid: UUID) -> Document:
    """Shows the progress of an ingestion by any worker; returns the document at its end."""
    document = await documents.get(caller, uuid)
    with tqdm(unit="passage", desc=document.title, leave=False, disable=None) as bar:
        while document.status not in ENDED:
            await asyncio.sleep(WATCH_SEC)
            document = await documents.get(caller, uuid)
            bar.total = document.passages_total
            bar.update(document.passages_done - bar.n)
    return document


async def follow_all(documents: DocumentService) -> None:
    """Shows the progress of all jobs, until none is left."""
    left = await documents.jobs_left()
    with tqdm(total=left, unit="document", disable=None) as bar:
        while left:
            await asyncio.sleep(WATCH_SEC)
            left = await documents.jobs_left()
            bar.total = max(bar.total or 0, left)
            bar.update(bar.total - left - bar.n)


def on_one_line(text: str) -> str:
    """A name that somebody else gave, without what would move or colour a terminal's cursor."""
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def counted(number: int, noun: str) -> str:
    """One passage, and two passages."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def say(line: str, file: TextIO | None = None) -> None:
    """Prints a line, above any progress bar."""
    tqdm.write(line, file=file or sys.stdout)
