"""The pages of a PDF as its objects describe them: what they draw with, and their annotations."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from pypdf import PageObject, PasswordType, PdfReader, PdfWriter
from pypdf.errors import LimitReachedError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    NullObject,
    PdfObject,
)

from app.loaders.exceptions import UnreadableDocument

DEEPEST_TREE: Final = 100
BLANK_PAGE: Final = (612, 792)  # points


@dataclass(frozen=True, slots=True)
class PageObjects:
    """A page's dictionary, and the resources that it has itself or from the tree above it."""

    page: DictionaryObject
    resources: object


def decrypted(reader: PdfReader) -> PdfReader:
    """The reader, once it is open; raises UnreadableDocument where that takes a password."""
    if reader.is_encrypted and reader.decrypt("") is PasswordType.NOT_DECRYPTED:
        raise UnreadableDocument("This PDF is encrypted: save it without a password.")
    return reader


def page_objects(reader: PdfReader) -> Iterator[PageObjects | None]:
    """Each page in order; None for one whose entry in the tree of pages leads to nothing."""
    root = reader.root_object["/Pages"]
    seen: set[int] = set()
    stack: list[tuple[object, object, int]] = [(root, None, 0)]
    while stack:
        entry, inherited, depth = stack.pop()
        node = resolve(entry)
        if not isinstance(node, DictionaryObject) or depth > DEEPEST_TREE:
            yield None
            continue
        resources = node.get("/Resources", inherited)
        if "/Kids" not in node:
            yield PageObjects(node, resolve(resources))
            continue
        if id(node) not in seen:  # a tree that holds itself would never end
            seen.add(id(node))
            kids = array(node, "/Kids")
            stack += [(kid, resources, depth + 1) for kid in reversed(kids)]


def written_anew(pages: list[PageObjects | None]) -> bytes:
    """A PDF of the same pages, whose tree is in order; a blank one for each that is not there."""
    writer, file = PdfWriter(), BytesIO()
    for found in pages:
        if found is None:
            writer.add_blank_page(*BLANK_PAGE)
            continue
        page = PageObject()
        page.update(found.page)
        if isinstance(found.resources, DictionaryObject):
            page[NameObject("/Resources")] = found.resources
        writer.add_page(page)
    writer.write(file)
    return file.getvalue()


def resolve(entry: object) -> object:
    """The object that an entry is or points to; None where there is none or it is damaged."""
    try:
        found = entry.get_object() if isinstance(entry, PdfObject) else None
    except (LimitReachedError, MemoryError):
        raise
    except Exception:  # noqa: BLE001 pypdf documents that a broken file may raise anything
        return None
    return None if isinstance(found, NullObject) else found


def dictionary(owner: object, key: str) -> DictionaryObject:
    """The dictionary under a key; an empty one where there is none."""
    found = resolve(owner.get(key)) if isinstance(owner, DictionaryObject) else None
    return found if isinstance(found, DictionaryObject) else DictionaryObject()


def array(owner: object, key: str) -> ArrayObject:
    """The array under a key, its entries not resolved; an empty one where there is none."""
    found = resolve(owner.get(key)) if isinstance(owner, DictionaryObject) else None
    return found if isinstance(found, ArrayObject) else ArrayObject()


def is_missing(entry: object) -> bool:
    """Whether an entry points to an object that the file does not hold."""
    return isinstance(entry, IndirectObject) and resolve(entry) is None
