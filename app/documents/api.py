"""The knowledge base: documents in and out."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response, status

from app.core.dependencies import Ingester, Reader
from app.core.exceptions import (
    BadRequest,
    DatabaseUnavailable,
    NotFound,
    Overloaded,
    PayloadTooLarge,
)
from app.core.openapi import VALIDATION_PROBLEM, problems
from app.core.pagination import link_next
from app.documents.dependencies import ContentServiceDependency, DocumentServiceDependency
from app.documents.downloads import download
from app.documents.exceptions import UnsupportedMediaType
from app.documents.models import Document, DocumentStatus, Passage
from app.documents.openapi import (
    DOCUMENT,
    DOCUMENTS,
    FILE_DOWNLOAD,
    PASSAGE,
    TEXT_DOWNLOAD,
    UPLOAD,
    UPLOAD_BODY,
)
from app.documents.uploads import NewDocumentDependency

DocumentUuid = Annotated[UUID, Path(description="The uuid of the document.")]

router = APIRouter(prefix="/v1", tags=["Documents"], responses=VALIDATION_PROBLEM)


@router.post(
    "/documents",
    summary="Put a document in",
    status_code=status.HTTP_202_ACCEPTED,
    responses=UPLOAD
    | problems(BadRequest, PayloadTooLarge, UnsupportedMediaType, Overloaded, DatabaseUnavailable),
    openapi_extra=UPLOAD_BODY,
)
async def create_document(
    caller: Ingester,
    new: NewDocumentDependency,
    documents: DocumentServiceDependency,
    response: Response,
) -> Document:
    """Takes a document in; it can be found once its status is `ready`."""
    document, is_new = await documents.add(caller, new)
    if not is_new:
        response.status_code = status.HTTP_200_OK
    return document


@router.get(
    "/documents", summary="List documents", responses=DOCUMENTS | problems(DatabaseUnavailable)
)
async def list_documents(
    caller: Reader,
    documents: DocumentServiceDependency,
    request: Request,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=200, description="How many at most.")] = 50,
    before: Annotated[UUID | None, Query(description="The uuid of the last document seen.")] = None,
    status: Annotated[
        DocumentStatus | None, Query(description="Those with this status only.")
    ] = None,
) -> list[Document]:
    """The documents, newest first, a page at a time; `before` is the uuid of the last one seen."""
    page = await documents.page(caller, limit + 1, before, status)
    if len(page) > limit:
        page.pop()
        link_next(request, response, page[-1].uuid)
    return page


@router.get(
    "/documents/{uuid}",
    summary="Get a document",
    responses=DOCUMENT | problems(NotFound, DatabaseUnavailable),
)
async def get_document(
    caller: Reader, uuid: DocumentUuid, documents: DocumentServiceDependency
) -> Document:
    """One document, and how far its ingestion has come."""
    return await documents.get(caller, uuid)


@router.get(
    "/documents/{uuid}/passages/{ordinal}",
    summary="Get a passage of a document",
    responses=PASSAGE | problems(NotFound, DatabaseUnavailable),
)
async def get_passage(
    caller: Reader,
    uuid: DocumentUuid,
    ordinal: Annotated[
        int, Path(ge=0, le=2**31 - 1, description="Its number, as a source has it, from 0 on.")
    ],
    documents: DocumentServiceDependency,
) -> Passage:
    """One passage of a document, by the `ordinal` of a source: where in the text it stands."""
    return await documents.passage(caller, uuid, ordinal)


@router.get(
    "/documents/{uuid}/text",
    summary="Get the text of a document",
    response_class=Response,
    responses=TEXT_DOWNLOAD | problems(NotFound, DatabaseUnavailable),
)
async def get_document_text(
    caller: Reader, uuid: DocumentUuid, contents: ContentServiceDependency, request: Request
) -> Response:
    """The text that a document was read as: the offsets of its sources count its characters."""
    return download(request, caller, contents, await contents.text(caller, uuid))


@router.get(
    "/documents/{uuid}/file",
    summary="Get the original file of a document",
    response_class=Response,
    responses=FILE_DOWNLOAD | problems(NotFound, DatabaseUnavailable),
)
async def get_document_file(
    caller: Reader, uuid: DocumentUuid, contents: ContentServiceDependency, request: Request
) -> Response:
    """The original bytes of a document, as they came."""
    return download(request, caller, contents, await contents.file(caller, uuid))


@router.delete(
    "/documents/{uuid}",
    summary="Delete a document",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(NotFound, DatabaseUnavailable),
)
async def delete_document(
    caller: Ingester, uuid: DocumentUuid, documents: DocumentServiceDependency
) -> None:
    """Takes a document out: from now on no answer rests on it."""
    await documents.delete(caller, uuid)
