"""Files of this machine to documents: what the command line puts in, and what it skips."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from app.documents.console import on_one_line, say
from app.documents.models import NewDocument, default_title
from app.loaders.exceptions import UnsupportedType
from app.loaders.media_types import UNKNOWN, expected_type


class Intake:
    """Makes documents of files, and says of which it does not: those are `skipped` or `refused`.

    A file that a folder holds is skipped where it is empty or of no known type; one that was named
    is refused.
    """

    def __init__(
        self,
        max_bytes: int,
        *,
        title: str | None = None,
        metadata: Mapping[str, bool | int | str],
        are_samples: bool = False,
    ) -> None:
        self.skipped = self.refused = 0
        self._max_bytes = max_bytes
        self._title = title
        self._metadata = dict(metadata)
        self._are_samples = are_samples

    async def read(self, file: Path, source: str, *, is_named: bool) -> NewDocument | None:
        """The file as a document of this source; None where it is not to be put in."""
        name = on_one_line(source)
        content = await self._read(file, name)
        if content is None:
            return None
        if not content and not is_named:
            return self._skip(name, "empty")
        try:
            media_type = await asyncio.to_thread(expected_type, content, name=file.as_posix())
        except UnsupportedType as error:
            if not is_named:
                return self._skip(name, "not a known type")
            return self._refuse(self._too_large(name, content) or f"{name}: {error}")
        if too_large := self._too_large(name, content):
            return self._refuse(too_large)
        return NewDocument(
            content,
            self._title or default_title(source),
            source,
            media_type,
            file_name=file.name,
            declared_type=UNKNOWN,
            metadata=self._metadata,
            is_sample=self._are_samples,
        )

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

    def _skip(self, name: str, why: str) -> NewDocument | None:
        self.skipped += 1
        say(f"skipped: {name} ({why})")
        return None

    def _refuse(self, why: str) -> NewDocument | None:
        self.refused += 1
        say(why, sys.stderr)
        return None


def _read(file: Path, limit: int) -> bytes:
    with file.open("rb") as opened:
        return opened.read(limit)
