"""The library of the OpenAI API as a client of ours, and its requests by hand."""

from typing import Any

import httpx2
import openai

from tests.support.server import problem_of

Json = dict[str, Any]

COMPLETIONS = "/v1/chat/completions"


def library(base_url: str, key: str = "sk-any", max_retries: int = 0) -> openai.AsyncOpenAI:
    """The library, unmodified; loading certificates would take longer than most tests."""
    return openai.AsyncOpenAI(
        base_url=f"{base_url.rstrip('/')}/v1",
        api_key=key,
        max_retries=max_retries,
        http_client=openai.DefaultAsyncHttpxClient(verify=False),
    )


def asked(text: str, *earlier: tuple[str, str], model: str = "brag", **given: Any) -> Json:
    """A request with a question, and what was said before it as pairs of role and content."""
    messages = [{"role": role, "content": content} for role, content in (*earlier, ("user", text))]
    return {"model": model, "messages": messages} | given


async def refused(client: httpx2.AsyncClient, body: Json, path: str = COMPLETIONS) -> Json:
    """The problem that a request gets, which says the same in the words of the OpenAI API."""
    response = await client.post(path, json=body)
    problem = problem_of(response)
    assert problem["error"]["message"] == problem["detail"]
    assert problem["error"]["code"] == problem["code"]
    return problem
