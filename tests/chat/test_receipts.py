"""Receipts: GET /v1/messages/{uuid}/receipt, and what `python -m app.chat verify` says of one."""

import asyncio
import json
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import rfc8785

from app.chat.__main__ import main
from app.chat.constants import MessageStatus
from app.chat.context import PromptContext
from app.chat.digests import json_sha256
from app.chat.events import StartEvent
from app.chat.journal import Journal
from app.chat.messages import MessageService
from app.chat.models import QAMessage, Receipt
from app.chat.outcome import AnswerOutcome
from app.chat.prompts import draw_mark
from app.chat.receipts import ReceiptService
from app.core.caller import NOBODY, Caller
from app.retrieval.models import Filter
from tests.support.asking import COMPLETION, QA
from tests.support.chat_knowledge import PORT, PORT_QUESTION, UNRELATED_QUESTION
from tests.support.chatting import ask, new_chat
from tests.support.commands import run
from tests.support.fake_openai import FakeOpenAI
from tests.support.knowledge import DUCKS, Knowledge
from tests.support.openai_replies import error
from tests.support.server import problem_of
from tests.support.stored_messages import answer_left_behind, answer_of_an_older_version
from tests.support.users import ANN

Json = dict[str, Any]
FILTER = {"metadata": {"größe": 2**63 - 1, "\U0001f986": True}, "source": "tests/chat/port.txt"}


def digest(text: str | bytes) -> str:
    """SHA-256 as a client computes it."""
    return sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def told(openai: FakeOpenAI) -> str:
    """The digest of what the model was told last."""
    return digest(rfc8785.dumps(openai.requests[-1].body["messages"]))


async def receipt_of(client: httpx2.AsyncClient, answer: Json) -> Json:
    """The receipt of an answer, whose bytes are canonical."""
    response = await client.get(f"/v1/messages/{answer['uuid']}/receipt")
    assert response.headers["content-type"] == "application/json"
    assert response.content == rfc8785.dumps(response.json())
    receipt: Json = response.json()
    return receipt


class TestReceipt:
    async def test_from_documents(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """It names the question, the model and the passages, and the digests of all texts."""
        asked = {"message": PORT_QUESTION, "limit": 1}
        answer = (await chat_client.post(QA, json=asked)).json()
        receipt = await receipt_of(chat_client, answer)
        [source] = answer["sources"]
        file = await chat_client.get(f"/v1/documents/{source['document_uuid']}/file")
        assert receipt == {
            "format": 1,
            "message_uuid": answer["uuid"],
            "created_at": answer["created_at"],
            "question": PORT_QUESTION,
            "retrieval_queries_sha256": [*map(digest, answer["retrieval_queries"])],
            "model": "fake-model",
            "parameters": {"limit": 1, "filter_sha256": None},
            "turns": None,
            "prompt_mark": receipt["prompt_mark"],
            "prompt_sha256": told(shared_openai),
            "passages": [
                {name: source[name] for name in ("document_uuid", "title", "source")}
                | {"start": 0, "end": len(PORT), "sha256": digest(PORT)}
                | {"document_sha256": digest(file.content), "shared": True}
            ],
            "status": "complete",
            "finish_reason": "stop",
            "answer_sha256": digest(answer["message"]),
        }
        assert f"passage-{receipt['prompt_mark']}" in str(shared_openai.requests[-1].body)

    async def test_filter(self, chat_client: httpx2.AsyncClient) -> None:
        """Of a filter, which may be long and say much, the digest is there, whatever it holds."""
        asked = {"message": PORT_QUESTION, "filter": FILTER}
        receipt = await receipt_of(chat_client, (await chat_client.post(QA, json=asked)).json())
        assert receipt["parameters"] == {"limit": 3, "filter_sha256": json_sha256(FILTER)}

    @pytest.mark.parametrize(
        ("path", "question"), [(COMPLETION, "Hello"), (QA, UNRELATED_QUESTION)]
    )
    async def test_without_passages(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI, path: str, question: str
    ) -> None:
        """Without passages there are none, nor a prompt where no model was told anything."""
        answer = (await chat_client.post(path, json={"message": question})).json()
        receipt = await receipt_of(chat_client, answer)
        assert (receipt["passages"], receipt["prompt_mark"]) == ([], None)
        assert (receipt["retrieval_queries_sha256"] is None) == (path == COMPLETION)
        assert receipt["prompt_sha256"] == (told(shared_openai) if path == COMPLETION else None)

    async def test_shortened_chat(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """Where the model was told once more, with fewer turns, that prompt counts."""
        chat = await new_chat(chat_client)
        for question in ("One", "Two", "Three", "Four"):
            await ask(chat_client, chat, question)
        shared_openai.reply(error(400, code="context_length_exceeded"))
        receipt = await receipt_of(chat_client, await ask(chat_client, chat, "Five"))
        assert receipt["turns"] == {"used": 1, "dropped": 3}
        assert receipt["prompt_sha256"] == told(shared_openai)

    async def test_older_answer(
        self, chat_client: httpx2.AsyncClient, chat_database_url: str
    ) -> None:
        """Of an answer that was stored before all this was kept, what is there is told."""
        uuid = await asyncio.to_thread(answer_of_an_older_version, chat_database_url)
        receipt = await receipt_of(chat_client, {"uuid": uuid})
        assert {receipt[name] for name in ("question", "parameters", "prompt_sha256")} == {None}
        [passage] = receipt["passages"]
        assert (passage["document_sha256"], passage["sha256"]) == (None, digest("Hi"))

    async def test_none(self, chat_client: httpx2.AsyncClient, chat_database_url: str) -> None:
        """There is none of a question, of nothing, and of an answer that is under way."""
        await chat_client.post(COMPLETION, json={"message": "Hello"})
        newest = (await chat_client.get("/v1/messages", params={"limit": 2})).json()
        under_way = await asyncio.to_thread(answer_left_behind, chat_database_url, 0)
        for uuid, code in (
            (newest[1]["uuid"], "not_found"),
            (uuid4(), "not_found"),
            (under_way, "conflict"),
        ):
            response = await chat_client.get(f"/v1/messages/{uuid}/receipt")
            assert problem_of(response)["code"] == code


async def answered(knowledge: Knowledge, owner: Caller = NOBODY) -> Receipt:
    """The receipt of an answer from what the documents hold."""
    question = "What do mallard ducks eat?"
    database = knowledge.database
    asked = QAMessage(message=question, filter=Filter())
    found = await knowledge.retrieval.relevant(owner, question, limit=3)
    context = PromptContext(question, *found, turns=[], exchanges=None, mark=draw_mark())
    messages = MessageService(database, Journal(database), uuid4())
    pending = await messages.begin(owner, asked, StartEvent(uuid4(), "m"), context)
    outcome = AnswerOutcome("Seeds [1].", MessageStatus.COMPLETE, "stop", None)
    answer = await messages.finish(pending, outcome)
    return await ReceiptService(database).get(owner, answer.uuid)


class TestChanges:
    async def test_named(self, knowledge: Knowledge) -> None:
        """A receipt names what has changed since it was made, one after the other, and no more."""
        old = await knowledge.ingest(DUCKS)
        receipt = await answered(knowledge)

        async def changes(statement: str | None = None) -> list[str]:
            if statement is not None:
                await knowledge.sql(statement)
            return await ReceiptService(knowledge.database).changes(NOBODY, receipt)

        await knowledge.ingest("Geese graze.", "geese.txt")
        assert [passage.document_uuid for passage in receipt.passages] == [old.uuid]
        assert await changes() == []
        assert await changes("UPDATE passage SET text = upper(text)") == [
            "[1] a.txt: the text of the passage is another."
        ]
        assert await changes('UPDATE passage SET "end" = "end" - 1') == [
            "[1] a.txt: its document was read anew, and has no passage between these offsets."
        ]
        new = await knowledge.ingest("Mallard ducks eat bread.")
        assert await changes() == [f"[1] a.txt: its document was replaced by {new.uuid}."]
        await knowledge.documents.delete(NOBODY, new.uuid)
        gone = "[1] a.txt: its document is gone."
        assert await changes() == [gone]
        assert await changes("UPDATE message SET message = 'Bread [1].'") == [
            "`question` is not what is stored of the answer.",
            "`answer_sha256` is not what is stored of the answer.",
            gone,
        ]
        assert await changes("DELETE FROM message") == [
            "The answer is not stored, or is somebody else's.",
            gone,
        ]

    @pytest.mark.usefixtures("people")
    async def test_owner(self, knowledge: Knowledge, tmp_path: Path) -> None:
        """What everybody shares does not replace a user's own; the command fails on a change."""
        own = await knowledge.add(DUCKS, owner=ANN)
        await knowledge.work()
        receipt = await answered(knowledge, ANN)
        await knowledge.ingest("Mallard ducks eat bread.")
        receipts = ReceiptService(knowledge.database)
        assert await receipts.changes(ANN, receipt) == []
        assert len(await receipts.changes(NOBODY, receipt)) == 2
        await knowledge.documents.delete(ANN, own.uuid)
        (file := tmp_path / "receipt.json").write_text(receipt.model_dump_json(indent=2))
        arguments = ("verify", file, "--owner", "ann@example.com")
        outcome = await run(knowledge.settings, *arguments, module="app.chat")
        assert (outcome.code, outcome.errors) == (1, [])
        assert outcome.output == ["[1] a.txt: its document is gone."]
        nobodys = await run(knowledge.settings, "verify", file, module="app.chat")
        assert nobodys.errors == ["The answers and documents of a user need --owner ADDRESS."]

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [(None, "cannot be read: No such file or directory."), ({}, "is not a receipt.")],
    )
    def test_no_receipt(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        content: Json | None,
        sentence: str,
    ) -> None:
        """A file that is not there, or is something else, is told in a sentence."""
        file = tmp_path / "file"
        if content is not None:
            file.write_text(json.dumps(content))
        monkeypatch.setattr("sys.argv", ["app.chat", "verify", str(file)])
        assert main() == 1
        assert capsys.readouterr() == ("", f"{file} {sentence}\n")


class TestDigest:
    def test_of_prompts(self) -> None:
        """The digest of a prompt is that of its canonical JSON, with any character in it."""
        every = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
        prompt = [{"role": "user", "content": "".join(every)}]
        assert json_sha256(prompt) == digest(rfc8785.dumps(prompt))
