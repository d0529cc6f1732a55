"""What the tools do: they search, and give the text of a document, for the caller."""

from codecs import getincrementaldecoder
from typing import Any, Final
from uuid import UUID

from app.core.caller import Caller
from app.core.links import document_url
from app.documents.contents import ContentService
from app.documents.services import DocumentService
from app.mcp.models import FetchArguments, SearchArguments
from app.retrieval.models import JudgedSource
from app.retrieval.services import RetrievalService

Json = dict[str, Any]

PART_BYTES: Final = 64 * 2**10  # some 16,000 tokens: few clients take more at once


class ToolService:
    """The tools of MCP, over the services that the endpoints use."""

    def __init__(
        self, retrieval: RetrievalService, documents: DocumentService, contents: ContentService
    ) -> None:
        self._retrieval = retrieval
        self._documents = documents
        self._contents = contents

    async def search(self, caller: Caller, base_url: str, given: SearchArguments) -> Json:
        """The best passages, relevant or not, each with its address."""
        found = await self._retrieval.judged(
            caller, given.query, limit=given.limit, filter=given.filter
        )
        return {"results": [_result(source, base_url) for source in found]}

    async def fetch(self, caller: Caller, base_url: str, given: FetchArguments) -> Json:
        """The text of a document, or a part of it; NotFound where there is none."""
        document = await self._documents.get(caller, given.id)
        text, next_start = await self._read(caller, given.id, given.start)
        return {
            "id": str(given.id),
            "title": document.title,
            "text": text,
            "url": document_url(base_url, given.id),
            "metadata": document.metadata,
            "next_start": next_start,
        }

    async def _read(self, caller: Caller, uuid: UUID, start: int) -> tuple[str, int | None]:
        """A part of the text, and where the next one begins; characters are not cut."""
        content = await self._contents.text(caller, uuid)
        wanted = range(start, min(content.bytes, start + PART_BYTES))
        decoder, text, end = getincrementaldecoder("utf-8")("ignore"), "", start
        if wanted:
            async for data in self._contents.read(caller, content, wanted):
                text += decoder.decode(data)
                end += len(data)
        end -= len(decoder.getstate()[0])  # the bytes of a character that the part would cut
        return text, end if start < end < content.bytes else None


def _result(source: JudgedSource, base_url: str) -> Json:
    return {
        "id": str(source.document_uuid),
        "title": source.title,
        "url": document_url(base_url, source.document_uuid, source.ordinal),
        "text": source.text,
        "source": source.source,
        "page": source.page,
        "headings": source.headings,
        "relevant": source.relevant,
    }
