"""The package of a Word document: its parts and how they relate (ECMA-376, part 2)."""

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import IO, Final
from urllib.parse import unquote
from zipfile import BadZipFile, ZipFile

from lxml import etree

from app.loaders.constants import MAX_UNPACKED_BYTES
from app.loaders.docx.xml import attribute
from app.loaders.exceptions import UnreadableDocument
from app.loaders.titles import metadata_title

ENCRYPTED: Final = 0x1  # the first general purpose bit of a zip member
# What stands beside the text becomes a tree, which takes ten times as much memory.
MAX_TREE_BYTES: Final = 20_000_000
TOO_LARGE: Final = (
    f"This document unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000} MB: split it."
)


class Budget:
    """How many bytes may still be unpacked, of a document and of those embedded in it."""

    def __init__(self) -> None:
        self._left = MAX_UNPACKED_BYTES

    def spend(self, size: int) -> None:
        """Raises UnreadableDocument when nothing is left."""
        self._left -= size
        if self._left < 0:
            raise UnreadableDocument(TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Relationship:
    """Where one part leads: the kind is the last word of its type."""

    kind: str
    target: str
    is_external: bool


class Package:
    """The parts of a document; raises UnreadableDocument if they cannot be opened."""

    def __init__(self, data: bytes, budget: Budget) -> None:
        self._zip, self._budget = _unzip(data), budget
        self._names = {name.lower(): name for name in self._zip.namelist()}
        self.relationships = lru_cache(maxsize=100)(self._read_relationships)
        self.document = self._related("", "officeDocument") or self._by_name("document")

    def find(self, kind: str) -> str | None:
        """The part of the document that is of a kind: styles, numbering, footnotes."""
        return self._related(self.document or "", kind) or self._by_name(kind)

    def target(self, part: str, key: str) -> str | None:
        """The part that a relationship of a part leads to, if it is there."""
        relationship = self.relationships(part).get(key)
        if relationship is None or relationship.is_external:
            return None
        return self._resolve(part, relationship.target)

    def open(self, part: str) -> IO[bytes]:
        """A part as a stream."""
        self._budget.spend(self._zip.getinfo(part).file_size)
        return self._zip.open(part)

    def elements(self, part: str | None, *names: str) -> Iterator[etree._Element]:
        """The elements of these names in a part, one at a time; none if there is no such part."""
        if part is None or part not in self._zip.NameToInfo:
            return
        if self._zip.getinfo(part).file_size > MAX_TREE_BYTES:
            raise UnreadableDocument(
                "The styles, lists or drawings of this document are too large: split it."
            )
        tags = [f"{{*}}{name}" for name in names]
        with self.open(part) as xml:
            for _, element in etree.iterparse(
                xml, tag=tags, resolve_entities=False, no_network=True
            ):
                yield element
                element.clear()

    def title(self) -> str | None:
        """The title in the metadata, if it is one."""
        titles = self.elements("docProps/core.xml", "title")
        return next((metadata_title(title.text or "") for title in titles), None)

    def _related(self, part: str, kind: str) -> str | None:
        found = (one for one in self.relationships(part).values() if one.kind == kind)
        return next((name for one in found if (name := self._resolve(part, one.target))), None)

    def _by_name(self, part: str) -> str | None:
        """Some programs number the parts (`word/document2.xml`)."""
        pattern = re.compile(rf"word/{part}\d*\.xml")
        return next(filter(pattern.fullmatch, self._zip.namelist()), None)

    def _resolve(self, part: str, target: str) -> str | None:
        path = posixpath.normpath(posixpath.join("/", posixpath.dirname(part), target))
        path = path.lstrip("/").lower()
        return self._names.get(path) or self._names.get(unquote(path))

    def _read_relationships(self, part: str) -> dict[str, Relationship]:
        folder, name = posixpath.split(part)
        rels = self._names.get(posixpath.join(folder, "_rels", f"{name}.rels").lower())
        return {
            attribute(element.items(), "Id"): Relationship(
                attribute(element.items(), "Type").rpartition("/")[2],
                attribute(element.items(), "Target"),
                attribute(element.items(), "TargetMode") == "External",
            )
            for element in self.elements(rels, "Relationship")
        }


def _unzip(data: bytes) -> ZipFile:
    try:
        package = ZipFile(BytesIO(data))
    except BadZipFile as error:
        raise UnreadableDocument(
            "This is labelled as a Word document but is none: label it as what it is."
        ) from error
    members = package.infolist()
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise UnreadableDocument("This document is encrypted: save it without a password.")
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise UnreadableDocument(TOO_LARGE)
    return package
