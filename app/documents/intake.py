"""Files of this machine to documents: what the command line puts in, and what it skips."""

import asyncio
import sys
from pathlib import Path
from uuid import UUID

from app.core.caller import Caller
from app.documents.console import on_one_line, say
from app.documents.models import NewDocument, default_title
from app.documents.services import DocumentService
from app.loaders.exceptions import UnsupportedType
from app.loaders.media_types import UNKNOWN, expected_type


class Intake:
    """Puts files in for a caller, and says which it does not: those are `skipped` or `refused`.

    A file that a folder holds is skipped where it is empty or of no known type; one that was named
    is refused.
    """

    def __init__(
        self,
        caller: Caller,
        documents: DocumentService,
        max_bytes: int,
        *,
        are_samples: bool = False,
    ) -> None:
        self.documents = documents
        self.skipped = self.refused = 0
        self._caller = caller
        self._max_bytes = max_bytes
        self._are_samples = are_samples

    async def add(self, file: Path, *, is_named: bool) -> UUID | None:
        """The uuid of the file's document, which is ingested soon; None where it is not put in."""
        source = file.as_posix()
        name = on_one_line(source)
        content = await self._read(file, name)
        if content is None:
            return None
        if not content and not is_named:
            return self._skip(name, "empty")
        try:
            media_type = await asyncio.to_thread(expected_type, content, name=source)
        except UnsupportedType as error:
            if not is_named:
                return self._skip(name, "not a known type")
            return self._refuse(self._too_large(name, content) or f"{name}: {error}")
        if too_large := self._too_large(name, content):
            return self._refuse(too_large)
        title = default_title(source)
        new = NewDocument(
            *(content, title, source, media_type, file.name, UNKNOWN), is_sample=self._are_samples
        )
        return await self._add(name, new)

    async def _read(self, file: Path, name: str) -> bytes | None:
        """What the file holds, as far as it may be put in, and a byte beyond."""
        try:
            file.as_posix().encode()
            return await asyncio.to_thread(_read, file, self._max_bytes + 1)
        except UnicodeEncodeError:
            self._refuse(f"{name} cannot be put in: its name is not UTF-8.")
        except OSError as error:
            self._refuse(f"{name} cannot be read: {error.strerror}.")
        return None

    def _too_large(self, name: str, content: bytes) -> str | None:
        if len(content) <= self._max_bytes:
            return None
        return f"{name} has more than {self._max_bytes} bytes (MAX_DOCUMENT_BYTES)."

    async def _add(self, name: str, new: NewDocument) -> UUID:
        document, is_new = await self.documents.add(self._caller, new)
        if not is_new:
            say(f"{name}: is there already.")
        return document.uuid

    def _skip(self, name: str, why: str) -> UUID | None:
        self.skipped += 1
        say(f"skipped: {name} ({why})")
        return None

    def _refuse(self, why: str) -> UUID | None:
        self.refused += 1
        say(why, sys.stderr)
        return None


def _read(file: Path, limit: int) -> bytes:
    with file.open("rb") as opened:
        return opened.read(limit)
