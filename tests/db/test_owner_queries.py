"""The WHERE of each query that is made for a caller, with no policy behind it."""

from typing import Any

import pytest

from app.core.caller import NOBODY
from app.core.exceptions import NotFound
from app.users.export import export
from tests.support.databases import to_json
from tests.support.knowledge import Knowledge
from tests.support.users import ANN, BOB
from tests.support.walls import ELSEWHERE, POLICIES_OFF, api_keys, asking_for_the_caller


class TestWhere:
    """With the policies off."""

    async def test_queries_find_nothing_of_others(self, filled: Knowledge) -> None:
        """Every query that reads or deletes for a caller names the owner."""
        [(document,)] = await filled.sql("SELECT uuid::text FROM document WHERE status = 'ready'")
        [(asked,)] = await filled.sql("SELECT uuid::text FROM message WHERE role = 'user'")
        [(under_way,)] = await filled.sql("SELECT message_uuid::text FROM journal")
        [(key,)] = await filled.sql("SELECT uuid::text FROM api_key")
        [(chat,)] = await filled.sql("SELECT uuid::text FROM chat")
        [(digest,)] = await filled.sql("SELECT sha256 FROM document WHERE source = 'a.txt'")
        passages = await filled.sql("SELECT uuid::text FROM passage")
        cited = {"number": 1, "document_uuid": document, "source": "a.txt", "shared": False}
        await filled.sql(POLICIES_OFF)
        reads: dict[str, dict[str, Any]] = {
            "get_document": {"uuid": document},
            "get_passage": {"document_uuid": document, "ordinal": 0},
            "list_documents": {"limit": 9, "before": None, "status": None},
            "get_message": {"uuid": asked},
            "get_receipt": {"uuid": under_way},
            "find_cited_passages": {"rows": to_json([cited])},
            "list_messages": {"limit": 9, "before": None, "chat_uuid": None},
            "follow_journal": {"uuid": under_way, "position": 0},
            "note_follower": {"uuid": under_way},
            "request_cancellation": {"uuid": under_way},
            "list_api_keys": {},
            "list_sessions": {},
            "list_chats": {"limit": 9, "before": None},
            "get_chat": {"uuid": chat},
            "list_exchanges": {"chat_uuid": chat, "limit": 9, "before": None},
            "touch_chat": {"uuid": chat, "title": "t"},
            "rename_chat": {"uuid": chat, "title": "t"},
            "get_user": {},
            "get_document_version": {"source": "a.txt", "sha256": digest},
            "find_documents_of_source": {"source": "a.txt"},
            "export_chats": {"limit": 9, "after": None},
            "export_documents": {"limit": 9, "after": None},
            "export_messages": {"limit": 9, "after": 0},
            "export_passages": {"limit": 9, "first": 0, "document_uuid": document},
            "get_contents": {"uuid": document},
            "get_content_part": {
                "document_uuid": document,
                "kind": "file",
                "ordinal": 0,
                "sha256": digest,
            },
            "delete_document": {"uuid": document},
            "delete_api_key": {"uuid": key},
            "delete_chat": {"uuid": chat},
        }
        assert reads.keys() | ELSEWHERE == asking_for_the_caller()
        for caller in (BOB, NOBODY):
            for name, given in reads.items():
                if name == "get_user" and caller is BOB:
                    continue  # who finds himself
                assert not await filled.database.query(caller, name, **given), (name, caller)
            uuids = f"{{{passages[0][0]}}}"
            [row] = await filled.database.query(caller, "get_passages", uuids=uuids)
            assert not row["visible"]
        for name, given in reads.items():
            assert await filled.database.query(ANN, name, **given), name

    async def test_originals_of_others_are_not_replaced(self, filled: Knowledge) -> None:
        """An original that is missing is kept for the owner of its document alone."""
        [(document,)] = await filled.sql("SELECT uuid::text FROM document WHERE status = 'ready'")
        await filled.sql("DELETE FROM document_content")
        await filled.sql(POLICIES_OFF)
        given = {"uuid": document, "declared_type": None, "file_name": None}
        for caller, changed in ((BOB, 0), (NOBODY, 0), (ANN, 1)):
            assert await filled.database.query(caller, "label_original", **given) == changed

    async def test_services_find_nothing_of_others(self, filled: Knowledge) -> None:
        """What the services do for Bob, with no policy behind them, holds nothing of Ann's."""
        await filled.sql(POLICIES_OFF)
        [document, *_] = await filled.documents.page(ANN, 9)
        with pytest.raises(NotFound):
            await filled.documents.get(BOB, document.uuid)
        with pytest.raises(NotFound):
            await filled.documents.delete(BOB, document.uuid)
        exported = [line async for line in export(filled.database, BOB)]
        assert len(exported) == 1
        assert await api_keys(filled.database).list(BOB) == []
