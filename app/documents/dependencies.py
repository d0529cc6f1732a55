"""Providers of the documents endpoints."""

from typing import Annotated

from fastapi import Depends, Request

from app.documents.services import DocumentService


async def get_documents(request: Request) -> DocumentService:
    """The documents of the knowledge base."""
    documents: DocumentService = request.state.documents
    return documents


DocumentServiceDependency = Annotated[DocumentService, Depends(get_documents)]
