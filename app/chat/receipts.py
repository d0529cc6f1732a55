"""Receipts: what an answer rests on, and what of that has changed since."""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

import orjson

from app.chat.constants import MessageStatus
from app.chat.digests import text_sha256
from app.chat.models import CitedPassage, Receipt
from app.core.caller import Caller
from app.core.exceptions import Conflict, NotFound
from app.db import Database, Row
from app.retrieval.models import Source

ANSWER_IS_GONE: Final = "The answer is not stored, or is somebody else's."


class ReceiptService:
    """Makes receipts of stored answers, and compares them with what is stored now."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, caller: Caller, uuid: UUID) -> Receipt:
        """The receipt of an answer of the caller's, always the same; NotFound, Conflict."""
        row = await self._database.query(caller, "get_receipt", uuid=uuid)
        if row is None:
            raise NotFound("There is no such answer.")
        if row["status"] == MessageStatus.GENERATING:
            raise Conflict("This answer is still being generated.")
        return _receipt(row)

    async def changes(self, caller: Caller, receipt: Receipt) -> list[str]:
        """What is not as a receipt of the caller's says, a sentence each."""
        changes = await self._changes_of_answer(caller, receipt)
        rows = await self._database.query(
            caller, "find_cited_passages", rows=_rows(receipt.passages)
        )
        found = {row["number"]: row for row in rows}
        for number, passage in enumerate(receipt.passages, 1):
            change = _change(passage, found.get(number))
            if change is not None:
                changes.append(f"[{number}] {passage.source}: {change}")
        return changes

    async def _changes_of_answer(self, caller: Caller, receipt: Receipt) -> list[str]:
        try:
            stored = dict(await self.get(caller, receipt.message_uuid))
        except NotFound:
            return [ANSWER_IS_GONE]
        return [
            f"`{name}` is not what is stored of the answer."
            for name, said in receipt
            if said != stored[name]
        ]


def _receipt(row: Row) -> Receipt:
    queries = row["retrieval_queries"]
    return Receipt(
        message_uuid=row["uuid"],
        created_at=row["created_at"],
        question=row["question"],
        retrieval_queries_sha256=None if queries is None else [*map(text_sha256, queries)],
        model=row["model"],
        parameters=row["parameters"],
        turns=row["turns"],
        prompt_mark=row["prompt_mark"],
        prompt_sha256=row["prompt_sha256"],
        passages=[*_passages(row["sources"])],
        status=row["status"],
        finish_reason=row["finish_reason"],
        answer_sha256=text_sha256(row["message"]),
    )


def _passages(sources: list[Any]) -> Iterator[CitedPassage]:
    for source in map(Source.model_validate, sources):
        yield CitedPassage(
            document_uuid=source.document_uuid,
            document_sha256=source.document_sha256,
            shared=source.is_shared,
            title=source.title,
            source=source.source,
            start=source.start,
            end=source.end,
            sha256=text_sha256(source.text),
        )


def _rows(passages: list[CitedPassage]) -> str:
    rows = [{"number": n, **dict(passage)} for n, passage in enumerate(passages, 1)]
    return orjson.dumps(rows).decode()


def _change(passage: CitedPassage, now: Row | None) -> str | None:
    """What is other than a receipt says of a passage, if anything is."""
    if now is None:
        return "its document is gone."
    if now["document_uuid"] != passage.document_uuid:
        return f"its document was replaced by {now['document_uuid']}."
    if now["sha256"] is None:
        return "its document was read anew, and has no passage between these offsets."
    return None if now["sha256"] == passage.sha256 else "the text of the passage is another."
