"""The payload of a point, and the filters on it: the only file that knows the payload's keys."""

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar
from uuid import UUID

from app.core.models import Metadata
from app.vector_store.base import Payload, SearchFilter

DOCUMENT: Final = "document"
USER: Final = "user_id"
SOURCE: Final = "source"
METADATA: Final = "metadata"
OWNER: Final = "owner"

Filter = TypeVar("Filter")


@dataclass(frozen=True, slots=True)
class FilterTypes(Generic[Filter]):
    """What filters are made of in an engine: both engines' constructors take the same names."""

    filter: Callable[..., Filter]
    condition: Callable[..., Any]
    any_of: Callable[..., Any]
    value: Callable[..., Any]


def to_payload(payload: Payload) -> dict[str, Any]:
    """A payload as Qdrant stores it."""
    return {
        DOCUMENT: str(payload.document_uuid),
        USER: payload.user_id,
        SOURCE: payload.source,
        METADATA: list(_pairs(payload.metadata)),
    }


def to_server_payload(payload: Payload) -> dict[str, Any]:
    """The same, and the owner as text: a server lays the points of each owner side by side by it.

    Of numbers Qdrant has no such index. No filter uses it.
    """
    owner = None if payload.user_id is None else str(payload.user_id)
    return to_payload(payload) | {OWNER: owner}


def build_filter(where: SearchFilter, make: FilterTypes[Filter]) -> Filter:
    """The filter of every search, for the engine whose types are given."""
    must: list[Any] = [make.filter(should=_visible_to(where.user_id, make))]
    if where.document_uuids is not None:
        must.append(_one_of(where.document_uuids, make))
    if where.source is not None:
        must.append(_equal(SOURCE, where.source, make))
    must += [_equal(METADATA, pair, make) for pair in _pairs(where.metadata or {})]
    return make.filter(must=must, must_not=[_one_of(where.hidden, make)] if where.hidden else None)


def build_document_filter(document_uuid: UUID, make: FilterTypes[Filter]) -> Filter:
    """The filter of all points of a document of any owner: for deleting, not for reading."""
    return make.filter(must=[_equal(DOCUMENT, str(document_uuid), make)])


def _visible_to(user_id: int | None, make: FilterTypes[Filter]) -> list[Any]:
    shared = make.condition(key=USER, is_null=True)
    return [shared] if user_id is None else [shared, _equal(USER, user_id, make)]


def _one_of(document_uuids: Collection[UUID], make: FilterTypes[Filter]) -> Any:
    documents = [str(uuid) for uuid in document_uuids]
    return make.condition(key=DOCUMENT, match=make.any_of(any=documents))


def _equal(key: str, value: str | int, make: FilterTypes[Filter]) -> Any:
    return make.condition(key=key, match=make.value(value=value))


def _pairs(metadata: Metadata) -> Iterator[str]:
    """Each entry as JSON: one index serves every key, no key needs escaping, true is not 1."""
    return (json.dumps([key, value], ensure_ascii=False) for key, value in metadata.items())
