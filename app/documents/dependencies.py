"""Providers of what the knowledge base offers to endpoints."""

from typing import Annotated

from fastapi import Depends, Request

from app.documents.retrieval import RetrievalService


def get_retrieval(request: Request) -> RetrievalService:
    """The retrieval of this process."""
    retrieval: RetrievalService = request.state.retrieval
    return retrieval


RetrievalServiceDependency = Annotated[RetrievalService, Depends(get_retrieval)]
