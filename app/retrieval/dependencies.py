"""Providers of the retrieval endpoints."""

from typing import Annotated

from fastapi import Depends, Request

from app.retrieval.services import RetrievalService


async def get_retrieval(request: Request) -> RetrievalService:
    """The retrieval of this process."""
    retrieval: RetrievalService = request.state.retrieval
    return retrieval


RetrievalServiceDependency = Annotated[RetrievalService, Depends(get_retrieval)]
