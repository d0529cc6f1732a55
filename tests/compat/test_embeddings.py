"""POST /v1/embeddings."""

import httpx2
import numpy as np
import openai
import pytest

from app.embeddings.embedder import Embedder
from tests.compat.test_streams import Json
from tests.support.openai_clients import refused

EMBEDDINGS = "/v1/embeddings"
TEXTS = ["Mallard ducks", "Mount Etna"]


class TestEmbeddings:
    """Vectors of texts."""

    async def test_library(
        self, openai_client: openai.AsyncOpenAI, chat_client: httpx2.AsyncClient, embedder: Embedder
    ) -> None:
        """Base64, which the library asks for, and floats are the vectors that search goes by."""
        answer = await openai_client.embeddings.create(model="brag", input=TEXTS)
        assert answer.model == embedder.name
        assert [one.index for one in answer.data] == [0, 1]
        response = await chat_client.post(EMBEDDINGS, json={"model": "m", "input": TEXTS})
        for text, read, sent in zip(TEXTS, answer.data, response.json()["data"], strict=True):
            expected = await embedder.embed_query(text)
            assert np.array_equal(np.asarray(read.embedding, dtype=np.float32), expected)
            assert np.allclose(sent["embedding"], expected, atol=1e-7)
        assert answer.usage.prompt_tokens == answer.usage.total_tokens == 10

    async def test_one_text(self, openai_client: openai.AsyncOpenAI) -> None:
        """A text by itself has one vector, of as many dimensions as are asked for."""
        answer = await openai_client.embeddings.create(model="m", input="Ducks", dimensions=384)
        [one] = answer.data
        assert len(one.embedding) == 384

    @pytest.mark.parametrize(
        ("status", "param", "given"),
        [
            (400, "input", {"input": [1, 2]}),
            (400, "input", {"input": [[1, 2], [3]]}),
            (400, "dimensions", {"dimensions": 256}),
            (422, "input", {"input": []}),
            (422, "input", {"input": None}),
            (422, "input.1", {"input": ["Ducks", ""]}),
            (422, "input", {"input": ["Ducks", "duck " * 300]}),
            (422, "encoding_format", {"encoding_format": "hex"}),
        ],
    )
    async def test_refused(
        self, chat_client: httpx2.AsyncClient, status: int, param: str, given: Json
    ) -> None:
        """What cannot be embedded is refused, and where it is said."""
        body = {"model": "m", "input": "Ducks"} | given
        problem = await refused(chat_client, body, EMBEDDINGS)
        assert (problem["status"], problem["error"]["param"]) == (status, param)
        if given.get("input") == [1, 2]:
            assert "tokens" in problem["detail"]
