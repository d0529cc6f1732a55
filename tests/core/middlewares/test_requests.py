"""What every request passes through."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
import pytest
from fastapi.responses import StreamingResponse

from app.main import create_app
from tests.conftest import SettingsFactory
from tests.support.server import connect, serve, serve_app
from tests.support.shared import shared_embedder, shared_parser
from tests.support.waiting import until

ORIGIN = {"Origin": "http://localhost:3000"}
SECRET = "the password is swordfish"


class TestRequestId:
    """X-Request-ID."""

    @pytest.mark.parametrize("given", ["a", "Trace-1_2.3", "x" * 128])
    async def test_given_id_is_kept(self, shared_client: httpx2.AsyncClient, given: str) -> None:
        """A request keeps the id that its caller gave it."""
        response = await shared_client.get("/healthcheck", headers={"X-Request-ID": given})
        assert response.headers["x-request-id"] == given

    @pytest.mark.parametrize("given", ["", "x" * 129, "a b", "a/b", "é", "<script>", "a,b"])
    async def test_harmful_id_is_replaced(
        self, shared_client: httpx2.AsyncClient, given: str
    ) -> None:
        """A given id that could do harm in a log or a page is replaced."""
        response = await shared_client.get(
            "/healthcheck", headers={b"X-Request-ID": given.encode()}
        )
        assert response.headers["x-request-id"] != given
        assert len(response.headers["x-request-id"]) == 32

    async def test_missing_id_is_made(self, shared_client: httpx2.AsyncClient) -> None:
        """Every request without a given id gets one of its own."""
        responses = [await shared_client.get("/healthcheck") for _ in range(2)]
        assert len({response.headers["x-request-id"] for response in responses}) == 2

    @pytest.mark.parametrize("path", ["/nothing", "/v1/messages?limit=0", "/v1/completion"])
    async def test_problem_names_the_id(self, shared_client: httpx2.AsyncClient, path: str) -> None:
        """A problem names the id of its request."""
        response = await shared_client.get(path, headers={"X-Request-ID": "mine"})
        assert response.headers["x-request-id"] == response.json()["request_id"] == "mine"


@asynccontextmanager
async def faulty(make_settings: SettingsFactory) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service with two faults of our own."""
    embedder = await asyncio.to_thread(shared_embedder)
    app = create_app(make_settings(), embedder=embedder, parser=shared_parser())

    @app.get("/fault")
    async def fault() -> None:
        raise RuntimeError(SECRET)

    @app.get("/late-fault")
    async def late_fault() -> StreamingResponse:
        async def body() -> AsyncIterator[bytes]:
            yield b"so far "
            raise RuntimeError(SECRET)

        return StreamingResponse(body())

    async with serve_app(app) as url, connect(url) as client:
        yield client


class TestInternalErrors:
    """Errors that the code does not foresee."""

    async def test_internal_error_is_a_problem(
        self, make_settings: SettingsFactory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """An internal error is a problem with the request's id; the log says the rest."""
        async with faulty(make_settings) as client:
            response = await client.get("/fault", headers=ORIGIN | {"X-Request-ID": "mine"})
        assert response.status_code == 500
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["access-control-allow-origin"] == ORIGIN["Origin"]
        assert response.json() == {
            "type": "about:blank",
            "title": "Internal Server Error",
            "status": 500,
            "detail": "Something went wrong on our side.",
            "code": "internal_server_error",
            "request_id": "mine",
        }
        log = capsys.readouterr().err
        assert SECRET in log
        assert "[mine]" in log

    async def test_next_request_works(self, make_settings: SettingsFactory) -> None:
        """The request after an internal error works."""
        async with faulty(make_settings) as client:
            await client.get("/fault")
            assert (await client.get("/healthcheck")).status_code == 200

    async def test_late_error_breaks_the_response_off(self, make_settings: SettingsFactory) -> None:
        """A response that fails half-way is broken off, so that no client takes it for whole."""
        async with faulty(make_settings) as client:
            with pytest.raises(httpx2.RemoteProtocolError):
                await client.get("/late-fault")


class TestAbortedRequest:
    """A client that leaves while it sends."""

    @pytest.mark.parametrize(
        "media_type", ["application/json", "multipart/form-data; boundary=x"], ids=["JSON", "form"]
    )
    async def test_aborted_upload_is_one_line_and_no_error(
        self, make_settings: SettingsFactory, capsys: pytest.CaptureFixture[str], media_type: str
    ) -> None:
        """A client that leaves during an upload is one line in the log, and no error."""
        async with serve(make_settings()) as client:
            _, writer = await asyncio.open_connection(client.base_url.host, client.base_url.port)
            writer.write(
                b"POST /v1/documents HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
                b"Content-Type: %b\r\n\r\n--x\r\n" % media_type.encode()
            )
            writer.close()
            log = ""

            async def logged() -> bool:
                nonlocal log
                log += capsys.readouterr().err
                return "POST /v1/documents" in log

            await until(logged)
        assert "POST /v1/documents 499" in log
        assert "ERROR" not in log


class TestAllow:
    """The header of a 405."""

    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("/v1/documents", "GET, HEAD, POST"),
            ("/v1/documents/0c2c8a3e-3f0e-4b0e-9d3c-0f6b0f9f5c11", "GET, HEAD, DELETE"),
            ("/v1/completion", "POST"),
            ("/healthcheck", "GET, HEAD"),
        ],
    )
    async def test_allow_names_every_method(
        self, shared_client: httpx2.AsyncClient, path: str, allowed: str
    ) -> None:
        """A 405 names every method of the path."""
        response = await shared_client.put(path)
        assert (response.status_code, response.headers["allow"]) == (405, allowed)
        assert response.json()["code"] == "method_not_allowed"


class TestAccessLog:
    """One line for each request."""

    async def test_line_break_in_a_path_makes_no_second_line(
        self, shared_client: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A line break in a path does not make a second line in the log."""
        await shared_client.get("/x%0A2026-11-24%20ERROR%20forged%1B")
        lines = [record for record in caplog.records if record.name == "app.access"]
        [message] = [line.getMessage() for line in lines]
        assert message == "GET /x%0A2026-11-24%20ERROR%20forged%1B 404"

    async def test_line_holds_the_request_without_its_query(
        self, make_settings: SettingsFactory, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """A line holds the method, path, status, duration and id of a request, but no query."""
        async with serve(make_settings(LOG_FORMAT="json")) as client:
            await client.get("/v1/messages?limit=7", headers={"X-Request-ID": "mine"})
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
        [line] = [line for line in lines if line["logger"] == "app.access"]
        assert line["message"] == "GET /v1/messages 200"
        assert (line["level"], line["request_id"]) == ("INFO", "mine")
        assert line["duration_ms"] > 0
