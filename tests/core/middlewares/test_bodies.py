"""Bodies in other encodings than UTF-8, and lengths that are hardly numbers."""

import asyncio
import json
from uuid import uuid4

import httpx2
import pytest

from app.chat.models import QAMessage
from app.core.constants import JSON_ESCAPING
from app.core.models import MAX_METADATA, MAX_NAME_CHARS, MAX_TEXT_CHARS
from app.main import body_limits
from settings import Settings
from tests.support.server import problem_of

CHATS = "/v1/chats"
DOCUMENTS = "/v1/documents"
FORM = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="title"\r\n\r\n%b\r\n--x--\r\n'


class TestCharset:
    """What a Content-Type says of the encoding."""

    @pytest.mark.parametrize("charset", ["punycode", "utf-16", '"iso-8859-1"', "idna", "none"])
    @pytest.mark.parametrize(
        ("path", "media_type"),
        [
            (DOCUMENTS, FORM),
            (CHATS, "application/json"),
            (CHATS, "application/x-www-form-urlencoded"),
        ],
    )
    async def test_others_are_refused(
        self, shared_client: httpx2.AsyncClient, path: str, media_type: str, charset: str
    ) -> None:
        """A body in another encoding than UTF-8 is refused, whatever it is, and at once."""
        headers = {"Content-Type": f"{media_type}; Charset={charset}"}
        response = await shared_client.post(path, content=PART % (b"a" * 200_000), headers=headers)
        problem = problem_of(response)
        assert (problem["status"], problem["code"]) == (400, "bad_request")

    @pytest.mark.parametrize("charset", ["utf-8", '"UTF-8"', "utf8"])
    async def test_utf8_is_read(self, shared_client: httpx2.AsyncClient, charset: str) -> None:
        """The names of UTF-8 are known."""
        headers = {"Content-Type": f"application/json; charset={charset}"}
        response = await shared_client.post(CHATS, content='{"title": "Gänse"}', headers=headers)
        assert (response.status_code, response.json()["title"]) == (201, "Gänse")

    async def test_endless_type_is_refused(self, shared_client: httpx2.AsyncClient) -> None:
        """A Content-Type of thousands of parameters is refused unread."""
        headers = {"Content-Type": "application/json" + ';a=";"' * 5_000}
        response = await shared_client.post(CHATS, content="{}", headers=headers)
        assert response.status_code in {400, 431}


class TestContentLength:
    """How long a body says that it is."""

    def test_longest_question_has_room(self) -> None:
        """A question that is as long as can be is not too long, however JSON escapes it."""
        settings, sign = Settings(), "\N{DUCK}"
        names = [
            chr(0x1F000 + number) + sign * (MAX_NAME_CHARS - 1) for number in range(MAX_METADATA)
        ]
        filters = {
            "document_uuids": [str(uuid4()) for _ in range(1_000)],
            "source": sign * 2_000,
            "metadata": dict.fromkeys(names, sign * MAX_TEXT_CHARS),
        }
        question = {"message": sign * settings.MAX_MESSAGE_CHARS, "filter": filters}
        question |= {"model": sign * 200, "chat_uuid": str(uuid4())}
        assert QAMessage.model_validate(question)
        limit = JSON_ESCAPING * body_limits(settings)["/v1/qa-create"]
        assert len(json.dumps(question, indent=2)) < limit

    @pytest.mark.parametrize("length", ["0" * 5_000, "9" * 5_000, "0" * 5_000 + "2"])
    async def test_many_digits_are_no_fault(
        self, shared_client: httpx2.AsyncClient, length: str
    ) -> None:
        """A length of thousands of digits is refused, or read, and is no fault of the service."""
        url = shared_client.base_url
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(
            f"POST {CHATS} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n".encode()
        )
        writer.write(b"Content-Type: application/json\r\nConnection: close\r\n\r\n{}")
        status = int((await reader.readline()).split()[1])
        writer.close()
        assert status < 500
