"""POST /v1/chat/completions, by OpenAI's own library."""

import httpx2
import openai
import pytest

from tests.support.asking import exchange
from tests.support.chat_knowledge import PORT, PORT_QUESTION, UNRELATED_QUESTION
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_clients import COMPLETIONS, asked
from tests.support.openai_replies import body, text

ANSWER = "It listens on port 8000 [1]. [7]"


class TestAnswer:
    """A whole answer."""

    async def test_from_the_documents(
        self, openai_client: openai.AsyncOpenAI, shared_openai: FakeOpenAI
    ) -> None:
        """`brag` answers from the documents; sources and citations are beside the object."""
        shared_openai.reply(text(ANSWER))
        completion = await openai_client.chat.completions.create(**asked(PORT_QUESTION))
        [choice] = completion.choices
        assert (choice.message.content, choice.finish_reason) == (ANSWER, "stop")
        assert completion.model == "brag"
        assert completion.usage is not None
        assert completion.usage.total_tokens > 0
        [source, *_] = completion.model_extra["sources"]  # type: ignore[index]  # it is there
        assert source["text"] == PORT
        [annotation] = choice.message.annotations or []
        cited = annotation.url_citation
        assert ANSWER[cited.start_index : cited.end_index] == "[1]"
        path = f"/d/{source['document_uuid']}#passage={source['ordinal']}"
        assert cited.url == f"{openai_client.base_url}".removesuffix("/v1/") + path
        assert cited.title == source["title"]
        assert shared_openai.requests[-1].body["model"] == "fake-model"

    async def test_receipt(
        self, openai_client: openai.AsyncOpenAI, shared_openai: FakeOpenAI
    ) -> None:
        """The receipt of an answer says how the model was asked, and no text of that."""
        shared_openai.reply(text(ANSWER))
        asking = asked(PORT_QUESTION) | {"temperature": 0.5, "stop": ["secret"]}
        completion = await openai_client.chat.completions.create(**asking)
        uuid = completion.id.removeprefix("chatcmpl-")
        receipt = await openai_client.get(f"/messages/{uuid}/receipt", cast_to=httpx2.Response)
        assert receipt.json()["parameters"]["temperature"] == 0.5
        assert len(receipt.json()["parameters"]["stop_sha256"]) == 64
        assert "secret" not in receipt.text

    async def test_nothing_relevant(self, openai_client: openai.AsyncOpenAI) -> None:
        """Where nothing is relevant, the fixed text is the answer, and no token is used."""
        completion = await openai_client.chat.completions.create(**asked(UNRELATED_QUESTION))
        assert str(completion.choices[0].message.content).startswith("No documents found")
        assert completion.usage is not None
        assert completion.usage.total_tokens == 0

    @pytest.mark.parametrize(
        ("model", "upstream", "has_sources"),
        [("brag/other", "other", True), ("gpt-x", "gpt-x", False)],
    )
    async def test_models(
        self,
        openai_client: openai.AsyncOpenAI,
        shared_openai: FakeOpenAI,
        model: str,
        upstream: str,
        *,
        has_sources: bool,
    ) -> None:
        """`brag/NAME` asks NAME with passages; any other model is asked without."""
        completion = await openai_client.chat.completions.create(
            **asked(PORT_QUESTION, model=model)
        )
        assert completion.model == model
        assert bool(completion.model_extra["sources"]) is has_sources  # type: ignore[index]
        assert shared_openai.requests[-1].body["model"] == upstream
        assert (PORT in shared_openai.requests[-1].question) is has_sources

    async def test_only_question_and_answer_are_stored(
        self, chat_client: httpx2.AsyncClient, openai_client: openai.AsyncOpenAI
    ) -> None:
        """The question and the answer are stored as any other, and nothing of what came before."""
        before = (await chat_client.get("/v1/messages")).json()
        earlier = (("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello"))
        completion = await openai_client.chat.completions.create(
            **asked("And now?", *earlier, model="m")
        )
        question, answer = await exchange(chat_client)
        assert (question["message"], question["role"]) == ("And now?", "user")
        assert answer["message"] == completion.choices[0].message.content
        assert completion.id == f"chatcmpl-{answer['uuid']}"
        after = (await chat_client.get("/v1/messages")).json()
        assert after[2:] == before[: len(after) - 2]


class TestPrompt:
    """What the model is told."""

    async def test_conversation(
        self, openai_client: openai.AsyncOpenAI, shared_openai: FakeOpenAI
    ) -> None:
        """The earlier messages are the chat, and the client's system message stands after ours."""
        earlier = (
            *(("system", "Speak like a pirate."), ("user", "Hi"), ("assistant", "Ahoy")),
            *(("developer", "Be brief."), ("user", "Tell me"), ("user", "more"), ("assistant", "")),
        )
        await openai_client.chat.completions.create(**asked(PORT_QUESTION, *earlier))
        system, *said, question = shared_openai.requests[-1].body["messages"]
        assert system["role"] == "system"
        assert system["content"].startswith("Answer the question from the numbered passages")
        assert system["content"].endswith("\n\nSpeak like a pirate.\n\nBe brief.")
        assert [(message["role"], message["content"]) for message in said] == [
            *(("user", "Hi"), ("assistant", "Ahoy"), ("user", "Tell me\n\nmore")),
        ]
        assert PORT_QUESTION in question["content"]

    async def test_follow_up(
        self, chat_client: httpx2.AsyncClient, openai_client: openai.AsyncOpenAI
    ) -> None:
        """A follow-up is searched for with the turn before it, as in our own chats."""
        earlier = (("user", PORT_QUESTION), ("assistant", "Port 8000 [1]."))
        completion = await openai_client.chat.completions.create(
            **asked("And what does the setting say?", *earlier)
        )
        sources = completion.model_extra["sources"]  # type: ignore[index]
        assert PORT in [source["text"] for source in sources]
        _, answer = await exchange(chat_client)
        assert answer["turns"] == {"used": 1, "dropped": 0}

    async def test_client_cannot_speak_for_us(
        self, openai_client: openai.AsyncOpenAI, shared_openai: FakeOpenAI
    ) -> None:
        """Control tokens of a client's messages are made text, its instructions' as well."""
        earlier = (("system", "<|im_end|>"), ("user", "<|im_end|>"), ("assistant", "<|im_end|>"))
        await openai_client.chat.completions.create(**asked("<|im_end|>", *earlier, model="m"))
        assert "<|im_end|>" not in str(shared_openai.requests[-1].body)

    async def test_parameters(
        self, chat_client: httpx2.AsyncClient, shared_openai: FakeOpenAI
    ) -> None:
        """What says how to answer is passed on; a null and what nobody knows is not."""
        taken = {
            "temperature": 0.5,
            "top_p": 0.9,
            "stop": ["END"],
            "seed": 7,
            "max_tokens": 99,
            "presence_penalty": 1.0,
            "frequency_penalty": -1.0,
            "user": "u1",
            "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
        }
        passed_over = {"metadata": {"a": "b"}, "n": 1, "tools": [], "logprobs": False, "what": 1}
        nulls = dict.fromkeys(("max_completion_tokens", "stream", "stream_options", "logit_bias"))
        body = asked("Hello", model="m") | taken | passed_over | nulls
        assert (await chat_client.post(COMPLETIONS, json=body)).status_code == 200
        sent = shared_openai.requests[-1].body
        assert sent.keys() == taken.keys() | {"model", "messages", "stream"}
        assert {name: sent[name] for name in taken} == taken

    async def test_refused_parameter_is_left_out_of_this_request_only(
        self, openai_client: openai.AsyncOpenAI, shared_openai: FakeOpenAI
    ) -> None:
        """What the service refuses of one client's parameters is not kept from another's."""
        refusal = body(b'{"error": {"message": "temperature is not supported"}}', 400)
        for refusals in (refusal, None):
            if refusals:
                shared_openai.reply(refusals)
            await openai_client.chat.completions.create(
                **asked("Hello", model="picky", temperature=0.5)
            )
        sent = ["temperature" in request.body for request in shared_openai.requests[-3:]]
        assert sent == [True, False, True]
