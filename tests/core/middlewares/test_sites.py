"""Which hosts the service answers for, and which sites' pages may ask."""

from typing import Any

import httpx2
import pytest

from app.core.middlewares.sites import allowed_hosts
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.server import problem_of, serve
from tests.support.wire import ask

QUESTION = {"message": "Hello there"}
LOCAL = {"localhost", "127.0.0.1", "[::1]"}
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
TYPED_ADDRESS = {"Sec-Fetch-Site": "none"}
EVIL = "https://evil.example"
ORIGIN = {"Origin": "https://shop.example"}
PREFLIGHT = ORIGIN | {"Access-Control-Request-Method": "POST"}


class TestAllowedHosts:
    """Which names the service has."""

    @pytest.mark.parametrize(
        ("given", "expected"),
        [
            ({}, LOCAL),
            ({"HOST": "Box.lan"}, LOCAL | {"box.lan"}),
            ({"HOST": "::1"}, LOCAL),
            ({"ALLOWED_HOSTS": ["Brag.example:8000", "[::1]:80"]}, {"brag.example", "[::1]"}),
            ({"ENVIRONMENT": "production", "PUBLIC_URL": "https://b.example/x"}, {"b.example"}),
            ({"ENVIRONMENT": "production"}, None),
        ],
    )
    def test_names_come_from_the_settings(
        self, given: dict[str, str], expected: set[str] | None
    ) -> None:
        """The names are those of ALLOWED_HOSTS, else this machine's, else that of PUBLIC_URL."""
        assert allowed_hosts(Settings(**given)) == expected  # type: ignore[arg-type]

    @pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost.:1"])
    async def test_other_host_is_misdirected(
        self, shared_client: httpx2.AsyncClient, host: str
    ) -> None:
        """A request for another host, as DNS rebinding sends it, is a 421."""
        response = await shared_client.get("/v1/messages", headers={"Host": host})
        assert problem_of(response)["code"] == "misdirected_request"
        assert response.status_code == 421

    @pytest.mark.parametrize("host", ["localhost", "LOCALHOST:9999", "[::1]:8000", "127.0.0.1"])
    async def test_own_host_is_answered(self, shared_client: httpx2.AsyncClient, host: str) -> None:
        """A request for this machine is answered under each of its names and at any port."""
        response = await shared_client.get("/v1/documents", headers={"Host": host})
        assert response.status_code == 200

    async def test_old_client_names_no_host(self, shared_client: httpx2.AsyncClient) -> None:
        """HTTP/1.0 has no Host, and is answered without; a wrong one is refused there too."""
        head = b"GET /v1/documents HTTP/1.0\r\n"
        url = str(shared_client.base_url)
        assert (await ask(url, head + b"\r\n")).status == 200
        assert (await ask(url, head + b"Host: evil.example\r\n\r\n")).status == 421

    @pytest.mark.parametrize("path", ["/healthcheck", "/readiness"])
    async def test_health_takes_any_host(
        self, shared_client: httpx2.AsyncClient, path: str
    ) -> None:
        """Balancers ask for health by whatever address they know."""
        assert (await shared_client.get(path, headers={"Host": "10.0.0.7"})).status_code == 200


class TestOwnPages:
    """Unsafe requests, as browsers send them."""

    @pytest.mark.parametrize(
        "headers",
        [
            {"Origin": EVIL},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1.evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    @pytest.mark.parametrize(
        "sent",
        [
            {"files": {"file": ("a.txt", b"Poison.", "text/plain")}},
            {"json": {"text": "Poison.", "title": "a"}},
        ],
        ids=["form", "JSON"],
    )
    async def test_other_sites_page_is_refused(
        self, shared_client: httpx2.AsyncClient, headers: dict[str, str], sent: dict[str, Any]
    ) -> None:
        """A page of another site can put nothing in, neither as a form nor as JSON."""
        response = await shared_client.post("/v1/documents", headers=headers, **sent)
        assert problem_of(response)["code"] == "forbidden"
        assert response.status_code == 403
        assert (await shared_client.get("/v1/documents")).json() == []

    @pytest.mark.parametrize(
        "headers", [{}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}]
    )
    async def test_own_page_and_programs_are_heard(
        self, shared_client: httpx2.AsyncClient, headers: dict[str, str]
    ) -> None:
        """Programs, which send neither header, and our own page are not refused."""
        response = await shared_client.post("/v1/documents", headers=headers, json={})
        assert response.status_code == 422

    async def test_own_origin_is_that_of_the_host(
        self, shared_client: httpx2.AsyncClient, make_settings: SettingsFactory
    ) -> None:
        """The origin of the host is our own, also where a proxy has ended TLS before us."""
        settings = make_settings(
            ENVIRONMENT="production",
            PUBLIC_URL="https://brag.example/app",
            AUTH_REQUIRED=False,
        )
        async with serve(settings) as client:
            for origin, host, status in (
                ("https://brag.example", "brag.example", 422),
                ("https://brag.example", "brag.example:443", 422),
                ("https://other.example", "brag.example", 403),
                ("http://localhost:3000", "brag.example", 403),
            ):
                headers = {"Origin": origin, "Host": host}
                response = await client.post("/v1/documents", headers=headers, json={})
                assert response.status_code == status, (origin, host)

    async def test_reading_is_left_to_cors(self, shared_client: httpx2.AsyncClient) -> None:
        """Another site's page may send what changes nothing, and cannot read the answer."""
        response = await shared_client.get("/v1/documents", headers={"Origin": EVIL})
        assert response.status_code == 200
        assert "access-control-allow-origin" not in response.headers


class TestCors:
    """What pages of other origins may read."""

    @pytest.mark.parametrize("origin", ["http://localhost:3000", "https://127.0.0.1"])
    async def test_pages_of_this_machine_may_call_locally(
        self, shared_client: httpx2.AsyncClient, origin: str
    ) -> None:
        """When local, pages of this machine may read answers and send requests."""
        response = await shared_client.post("/v1/documents", headers={"Origin": origin}, json={})
        assert response.status_code == 422
        assert response.headers["access-control-allow-origin"] == origin

    async def test_no_other_page_may_call_in_production(
        self, make_settings: SettingsFactory
    ) -> None:
        """In production no page of another site may call, unless a setting names it."""
        async with serve(make_settings(ENVIRONMENT="production", AUTH_REQUIRED=False)) as client:
            response = await client.get("/healthcheck", headers=ORIGIN)
            assert "access-control-allow-origin" not in response.headers
            response = await client.options("/v1/completion", headers=PREFLIGHT)
            assert response.status_code == 405

    async def test_named_page_may_call_with_cookies(self, make_settings: SettingsFactory) -> None:
        """A page of CORS_ORIGINS may call, with cookies, and read the headers that it needs."""
        settings = make_settings(
            ENVIRONMENT="production", CORS_ORIGINS="https://shop.example", AUTH_REQUIRED=False
        )
        async with serve(settings) as client:
            response = await client.get("/healthcheck", headers=ORIGIN)
            assert response.headers["access-control-allow-origin"] == "https://shop.example"
            assert response.headers["access-control-allow-credentials"] == "true"
            exposed = response.headers["access-control-expose-headers"].split(", ")
            assert {"X-Request-ID", "X-Message-UUID", "Link", "Retry-After"} <= set(exposed)
            other = await client.get("/healthcheck", headers={"Origin": "https://evil.example"})
            assert "access-control-allow-origin" not in other.headers
            preflight = await client.options("/v1/completion", headers=PREFLIGHT)
            assert preflight.status_code == 200

    async def test_refused_preflight_is_a_problem(self, make_settings: SettingsFactory) -> None:
        """A refused preflight is a problem, which caches keep for its origin alone."""
        settings = make_settings(CORS_ORIGINS="https://shop.example")
        async with serve(settings) as client:
            headers = PREFLIGHT | {"Origin": "https://evil.example"}
            response = await client.options("/v1/completion", headers=headers)
        assert "access-control-allow-origin" not in response.headers
        assert response.headers["vary"].startswith("Origin")
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert (problem["status"], problem["code"]) == (400, "bad_request")
        assert problem["detail"] == "Disallowed CORS origin."
