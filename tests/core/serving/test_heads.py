"""What is refused before it reaches the application, and how."""

import pytest

from tests.support.wire import CHUNKED, CLOSE, GET, POST, Answer, ask, connect

KIB = 1024


class TestTooLarge:
    """Heads are bounded, as is all else that belongs to no body."""

    @pytest.mark.parametrize(
        "data",
        [
            GET + b"X: " + b"a" * 8_000 * KIB,
            GET + b"X: " + b"a" * 70 * KIB + b"\r\n\r\n",
            GET + b"A: b\r\n" * 300 + b"\r\n",
            b"\r\n" * 40 * KIB,
            CHUNKED + b"\r\n3;" + b"a" * 200 * KIB,
            CHUNKED + b"\r\n3\r\nabc\r\n0\r\nX: " + b"a" * 200 * KIB,
        ],
        ids=["without an end", "whole", "many", "empty lines", "chunk extension", "trailer"],
    )
    async def test_large_headers_are_a_431(self, server: str, data: bytes) -> None:
        """Headers over 64 KiB are a 431, which a client that sends on can read."""
        answer = await ask(server, data)
        assert answer.status == 431
        assert answer.problem["code"] == "request_header_fields_too_large"

    async def test_long_url_is_a_414(self, server: str) -> None:
        """A URL over 64 KiB is a 414."""
        answer = await ask(server, b"GET /" + b"a" * 70 * KIB + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (answer.status, answer.problem["code"]) == (414, "uri_too_long")

    async def test_large_head_within_the_bound_is_answered(self, server: str) -> None:
        """A head of 63 KiB is answered."""
        head = GET + CLOSE + b"X: " + b"a" * 63 * KIB + b"\r\n\r\n"
        assert (await ask(server, head)).status == 200


class TestMalformed:
    """What others may read in another way."""

    @pytest.mark.parametrize(
        "data",
        [
            b"RUBBISH\r\n\r\n",
            b"GET /echo\r\n\r\n",
            b"GET ?a HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET /echo HTTP/2.0\r\nHost: a\r\n\r\n",
            b"GET /echo HTTP/1.1\nHost: a\n\n",
            b"GET /echo HTTP/1.1\r\n\r\n",
            b"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
            GET + b"Host: b\r\n\r\n",
            GET + b"X: a\0b\r\n\r\n",
            GET + b"X: a\r\n b\r\n\r\n",
            GET + b"X : a\r\n\r\n",
            POST + b"Content-Length: " + b"0" * 5_000 + b"\r\n\r\n",
            POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n",
            POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
            POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            POST + b"Transfer-Encoding: gzip\r\n\r\n",
            POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            CHUNKED + b"\r\nx\r\n",
            b"\x16\x03\x01\x00\xa5\x01\x00",
        ],
    )
    async def test_malformed_request_is_a_problem(self, server: str, data: bytes) -> None:
        """What is not HTTP, or not to everybody, is a 400 that says so."""
        answer = await ask(server, data)
        assert (answer.status, answer.problem["code"]) == (400, "bad_request")

    async def test_refusal_has_the_id_of_its_request(self, server: str) -> None:
        """A refusal has the id that the client gave, if it came that far."""
        answer = await ask(server, GET + b"X-Request-ID: mine\r\nX: \0\r\n\r\n")
        assert answer.problem["request_id"] == "mine"


class TestTrailers:
    async def test_trailers_are_no_headers(self, server: str) -> None:
        """What comes after a body in chunks adds no header to the request."""
        data = CHUNKED + CLOSE + b"\r\n3\r\nabc\r\n0\r\nAuthorization: x\r\n\r\n"
        answer = await ask(server, data)
        assert b"abc" in answer.body
        assert b"authorization" not in answer.body


class TestExpect:
    async def test_client_is_told_to_continue(self, server: str) -> None:
        """A client that asks first is told to send its body."""
        reader, writer = await connect(server)
        writer.write(POST + CLOSE + b"Expect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        answer = Answer(await reader.read())
        assert (answer.status, b"abc" in answer.body) == (200, True)
        writer.close()


class TestUpgrade:
    """Other protocols are not spoken here."""

    async def test_web_socket_gets_a_plain_answer(self, server: str) -> None:
        """A request for a WebSocket is answered as if it had not asked for one."""
        upgrade = b"Connection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n"
        assert (await ask(server, GET + upgrade)).status == 200

    async def test_body_beside_an_upgrade_is_read(self, server: str) -> None:
        """A client that would rather speak HTTP/2 has its body read, as Java's wants it."""
        upgrade = b"Connection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\n"
        assert b"abc" in (await ask(server, POST + upgrade + b"abc")).body
