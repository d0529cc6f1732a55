"""Providers of the documents endpoints."""

from typing import Annotated

from fastapi import Depends, Request

from app.documents.contents import ContentService
from app.documents.services import DocumentService


async def get_documents(request: Request) -> DocumentService:
    """The documents of the knowledge base."""
    documents: DocumentService = request.state.documents
    return documents


DocumentServiceDependency = Annotated[DocumentService, Depends(get_documents)]


async def get_contents(request: Request) -> ContentService:
    """What is kept of the documents."""
    contents: ContentService = request.state.contents
    return contents


ContentServiceDependency = Annotated[ContentService, Depends(get_contents)]
