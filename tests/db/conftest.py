"""A knowledge base in which everything is one user's."""

import pytest

from app.chat.chats import ChatService
from app.core.caller import SERVICE
from app.users.models import NewApiKey
from tests.support.databases import message, to_json
from tests.support.knowledge import DUCKS, Knowledge
from tests.support.users import ANN
from tests.support.walls import api_keys


@pytest.fixture
async def filled(knowledge: Knowledge, people: None) -> Knowledge:
    """A knowledge base in which Ann has one of everything, and nobody else has anything."""
    document = await knowledge.add(DUCKS, owner=ANN)
    await knowledge.work()
    assert (await knowledge.documents.get(ANN, document.uuid)).status == "ready"
    await knowledge.add("Geese graze.", "b.txt", owner=ANN)  # whose job waits
    chat = await ChatService(knowledge.database, lambda: None).create(ANN, "Ducks")
    asked, answer = (
        message(text) | {"user_id": ANN.user_id, "chat_uuid": chat.uuid} for text in ("Hi", "Hello")
    )
    answer |= {"role": "assistant", "question_uuid": asked["uuid"]}
    under_way = message("") | {"user_id": ANN.user_id, "role": "assistant", "status": "generating"}
    rows = to_json([asked, answer, under_way])
    await knowledge.database.query(SERVICE, "insert_messages", rows=rows)
    batch = {"message_uuid": under_way["uuid"], "position": 0, "text": "Hi", "deltas": {}}
    await knowledge.database.query(SERVICE, "insert_journal", rows=to_json([batch]))
    await knowledge.sql(
        "INSERT INTO job (kind, document_uuid, payload) VALUES ('mail', gen_random_uuid(), '{}')"
    )
    await api_keys(knowledge.database).create(ANN, NewApiKey(name="key"))
    await knowledge.sql(
        "INSERT INTO session (token_hash, user_id, expires_at) VALUES ('s', %s, now() + '1 day')",
        ANN.user_id,
    )
    await knowledge.sql(
        "INSERT INTO magic_link (token_hash, code_hash, email, expires_at) "
        "VALUES ('t', 'c', 'ann@example.com', now() + '1 day')"
    )
    await knowledge.sql(
        "INSERT INTO idempotency_key (user_id, key, fingerprint, lease, leased_until, expires_at) "
        "VALUES (%s, 'k', 'f', gen_random_uuid(), now(), now() + '1 day')",
        ANN.user_id,
    )
    return knowledge
