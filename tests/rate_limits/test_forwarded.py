"""Whose word counts for which client asks: FORWARDED_ALLOW_IPS, in both ways to start."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from app.core.constants import ROOT
from app.core.links import LOOPBACK, base_url
from app.embedded.launcher import Launcher
from app.embedded.ports import answers, free_port
from app.embedded.processes import end
from settings import Settings
from tests.support.server import connect
from tests.support.waiting import until

SERVICE = "tests.rate_limits.service:app"
CLIENT = "192.0.2.1"


class LauncherOfService(Launcher):
    """The embedded start, but that its server runs the service of these tests."""

    def arguments(self, port: str) -> list[str]:
        """What the server is started with."""
        self._environment["PORT"] = port
        return [SERVICE if "app.main" in word else word for word in self._server_arguments()]


def arguments_of(start: str, port: str, allowed: list[str]) -> list[str]:
    """The module and its arguments, as gunicorn or as the embedded start runs it."""
    if start == "gunicorn":
        return ["gunicorn", SERVICE, "--config", str(ROOT / "settings" / "gunicorn.conf.py")]
    launcher = LauncherOfService(Settings(FORWARDED_ALLOW_IPS=allowed), reload=False)
    return launcher.arguments(port)


@asynccontextmanager
async def running(start: str, folder: Path, allowed: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the service, whose proxies `.env` allows."""
    (folder / ".env").write_text(f"FORWARDED_ALLOW_IPS={allowed}\n")
    port = str(await asyncio.to_thread(free_port, LOOPBACK, 0))
    arguments = await asyncio.to_thread(arguments_of, start, port, allowed.split(","))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PORT": port, "LOG_LEVEL": "ERROR"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, env=environment, cwd=folder, start_new_session=True
    )
    url = base_url(LOOPBACK, int(port))
    try:
        await until(lambda: asyncio.to_thread(answers, f"{url}/healthcheck"), 30)
        async with connect(url) as client:
            yield client
    finally:
        await end(process, grace_sec=10)


@pytest.mark.parametrize("start", ["gunicorn", "app.embedded"])
class TestForwardedFor:
    async def test_word_of_an_allowed_proxy_counts(self, start: str, tmp_path: Path) -> None:
        """An allowed proxy says who asks; what stands before that is the client's own word."""
        headers = {"X-Forwarded-For": f"203.0.113.9, {CLIENT}, 10.0.0.7"}
        async with running(start, tmp_path, "127.0.0.1,10.0.0.0/8") as client:
            response = await client.get("/v1/client", headers=headers)
        assert response.json() == CLIENT

    async def test_word_of_others_does_not(self, start: str, tmp_path: Path) -> None:
        """Whoever is no allowed proxy gets no limit of another client by naming one."""
        left = []
        async with running(start, tmp_path, "192.0.2.0/24") as client:
            for number in range(3):
                headers = {"X-Forwarded-For": f"192.0.2.{number}"}
                response = await client.get("/v1/client", headers=headers)
                left.append((response.status_code, response.headers["ratelimit"][:13]))
        assert [status for status, _ in left] == [200, 200, 429]
