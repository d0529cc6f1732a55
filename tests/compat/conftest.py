"""A service with the knowledge base of the tests of chat, and the library of the OpenAI API."""

from collections.abc import AsyncIterator

import httpx2
import openai
import pytest

from tests.chat.conftest import (
    chat_client,
    chat_data_dir,
    chat_database_url,
    make_chat_settings,
    no_leaks,
    nothing_comes_of_it,
    shared_openai,
    shared_settings,
)
from tests.support.openai_clients import library

__all__ = [
    "chat_client",
    "chat_data_dir",
    "chat_database_url",
    "make_chat_settings",
    "no_leaks",
    "nothing_comes_of_it",
    "shared_openai",
    "shared_settings",
]


@pytest.fixture
async def openai_client(chat_client: httpx2.AsyncClient) -> AsyncIterator[openai.AsyncOpenAI]:
    """OpenAI's own library, as a client of that service."""
    async with library(str(chat_client.base_url)) as client:
        yield client
