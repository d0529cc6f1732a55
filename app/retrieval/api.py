"""Retrieval alone: a look at what answers rest on."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from app.core.dependencies import Reader
from app.core.exceptions import DatabaseUnavailable, RetrievalUnavailable
from app.core.models import IS_TEXT, TEXT_SCHEMA, SourceName
from app.core.openapi import VALIDATION_PROBLEM, problems
from app.retrieval.dependencies import RetrievalServiceDependency
from app.retrieval.models import Filter, JudgedSource
from app.retrieval.openapi import SEARCH

router = APIRouter(prefix="/v1", tags=["Retrieval"], responses=VALIDATION_PROBLEM)


@router.get(
    "/search",
    summary="Search the documents",
    responses=SEARCH | problems(RetrievalUnavailable, DatabaseUnavailable),
)
async def search(
    caller: Reader,
    retrieval: RetrievalServiceDependency,
    query: Annotated[
        str, Query(max_length=2000, description="What to look for."), IS_TEXT, TEXT_SCHEMA
    ],
    limit: Annotated[int, Query(ge=1, le=20, description="How many at most.")] = 3,
    source: Annotated[
        SourceName | None, Query(description="In the document of this source only.")
    ] = None,
    document_uuid: Annotated[UUID | None, Query(description="In this document only.")] = None,
) -> list[JudgedSource]:
    """The best passages for a query, relevant or not, and what each is judged by."""
    where = Filter(source=source, document_uuids=None if document_uuid is None else [document_uuid])
    return await retrieval.judged(caller, query, limit=limit, filter=where)
