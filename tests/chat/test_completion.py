"""POST /v1/completion."""

import httpx2


class TestCompletion:
    """A question without retrieval."""

    async def test_answer(self, client: httpx2.AsyncClient) -> None:
        """The answer is the model's, complete and stored."""
        response = await client.post("/v1/completion", json={"message": "Hello there"})
        assert response.status_code == 200, response.text
        message = response.json()
        assert message["message"] == "Echo: Hello there"
        stored = await client.get(f"/v1/messages/{message['uuid']}")
        assert stored.json() == message

    async def test_stream(self, client: httpx2.AsyncClient) -> None:
        response = await client.post("/v1/completion-stream", json={"message": "Hello there"})
        print(response.text)
        assert 0
