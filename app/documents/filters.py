"""The payload of a point, and the filters on it: the only file that knows the payload's keys."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from app.documents.store import Metadata, Payload, SearchFilter

DOCUMENT: Final = "document"
USER: Final = "user_id"
SOURCE: Final = "source"
METADATA: Final = "metadata"

Filter_co = TypeVar("Filter_co", covariant=True)


class Filter_coypes(Protocol[Filter_co]):
    """The constructors that `qdrant_edge` and `qdrant_client.models` name alike."""

    @property
    def Filter(self) -> Callable[..., Filter_co]: ...
    @property
    def FieldCondition(self) -> Callable[..., Any]: ...
    @property
    def MatchAny(self) -> Callable[..., Any]: ...
    @property
    def MatchValue(self) -> Callable[..., Any]: ...


def to_payload(payload: Payload) -> dict[str, Any]:
    """A payload as Qdrant stores it."""
    return {
        DOCUMENT: str(payload.document_uuid),
        USER: payload.user_id,
        SOURCE: payload.source,
        METADATA: list(_pairs(payload.metadata)),
    }


def build_filter(where: SearchFilter, types: Filter_coypes[Filter_co]) -> Filter_co:
    """The filter of every search, in the types of the engine that it is for."""
    field, value = types.FieldCondition, types.MatchValue
    visible = [field(key=USER, is_null=True)]
    if where.user_id is not None:
        visible.append(field(key=USER, match=value(value=where.user_id)))
    must: list[Any] = [types.Filter(should=visible)]
    if where.document_uuids is not None:
        documents = [str(each) for each in where.document_uuids]
        must.append(field(key=DOCUMENT, match=types.MatchAny(any=documents)))
    if where.source is not None:
        must.append(field(key=SOURCE, match=value(value=where.source)))
    must += [field(key=METADATA, match=value(value=pair)) for pair in _pairs(where.metadata or {})]
    return types.Filter(must=must)


def build_document_filter(document_uuid: UUID, types: Filter_coypes[Filter_co]) -> Filter_co:
    """The filter of all points of a document, whoever owns it: for deleting, not for reading."""
    value = types.MatchValue(value=str(document_uuid))
    return types.Filter(must=[types.FieldCondition(key=DOCUMENT, match=value)])


def _pairs(metadata: Metadata) -> Iterator[str]:
    """Each entry as JSON: one index serves every key, no key needs escaping, true is not 1."""
    return (json.dumps([key, value], ensure_ascii=False) for key, value in sorted(metadata.items()))
