"""docker-compose.yml: what it names exists, and its checks tell healthy from not."""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from app.core.constants import ROOT
from settings import Settings
from tests.support.container_files import Stage, read_compose

COMPOSE = read_compose()
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
API = SERVICES["api"]
OF_THE_IMAGES = {
    "postgres": {"POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"},
    "qdrant": set[str](),
}


class TestServices:
    """What the services are made of."""

    @pytest.mark.parametrize("name", OF_THE_IMAGES)
    def test_images_are_precise(self, name: str) -> None:
        """Every image names a release, not whatever is newest."""
        assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)?$", SERVICES[name]["image"])

    def test_api_variables_are_settings(self) -> None:
        """Every variable of the API is a setting."""
        assert API["environment"].keys() <= Settings.model_fields.keys()

    @pytest.mark.parametrize(("name", "known"), OF_THE_IMAGES.items())
    def test_other_variables_are_documented(self, name: str, known: set[str]) -> None:
        """Every variable of another image is one that the image documents."""
        assert SERVICES[name].get("environment", {}).keys() <= known

    def test_secrets_come_from_the_env_file(self) -> None:
        """The file holds no password: POSTGRES_PASSWORD is asked for."""
        text = (ROOT / "docker-compose.yml").read_text()
        assert set(re.findall(r"\$\{(\w+)", text)) == {"POSTGRES_PASSWORD"}
        assert API["env_file"] == ".env"

    def test_api_waits_for_health(self) -> None:
        """The API starts when the services that it names are healthy, which they can be."""
        for name, wanted in API["depends_on"].items():
            assert wanted == {"condition": "service_healthy"}
            assert "healthcheck" in SERVICES[name]

    def test_urls_name_services(self) -> None:
        """The API looks for Postgres and Qdrant where they are."""
        assert "@postgres:5432/brag?" in API["environment"]["DATABASE_URL"]
        assert API["environment"]["QDRANT_URL"] == "http://qdrant:6333"

    def test_port_is_the_published_one(self) -> None:
        """The published port is the one that the API listens on."""
        *_, inside = API["ports"][0].split(":")
        assert inside == API["environment"]["PORT"]

    def test_volumes_are_declared(self) -> None:
        """Every volume is a declared one, and every declared one is used."""
        mounts = [mount for service in SERVICES.values() for mount in service["volumes"]]
        used = {mount.split(":")[0] for mount in mounts}
        assert used == COMPOSE["volumes"].keys()

    def test_data_is_where_the_image_has_it(self) -> None:
        """The API's volume lies on the folder that the image made for its own user."""
        image = Stage.read_all()[-1]
        assert API["volumes"] == [f"data:{image.environment['DATA_DIR']}"]
        assert API["environment"]["DATA_DIR"] == image.environment["DATA_DIR"]
        assert image.all("WORKDIR") == ["/project"]
        assert any("--owner brag data" in command for command in image.all("RUN"))

    def test_streams_may_finish(self) -> None:
        """Compose waits for longer than gunicorn before it kills."""
        grace = int(API["stop_grace_period"].removesuffix("s"))
        assert grace > Settings().GRACEFUL_TIMEOUT_SEC + 5


@contextmanager
def readyz_answers(status: int) -> Iterator[int]:
    """The port of a server whose /readyz has this status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def qdrant_check(port: int) -> int:
    """The exit code of Qdrant's health check, asked of another port."""
    kind, *command = SERVICES["qdrant"]["healthcheck"]["test"]
    assert kind == "CMD"
    told = [part.replace("6333", str(port)).replace("$$", "$") for part in command]
    return subprocess.run(told, capture_output=True, check=False).returncode


class TestQdrantHealth:
    """The health check that stands in for curl."""

    def test_ready_qdrant_is_healthy(self) -> None:
        """A Qdrant whose shards are ready is healthy."""
        with readyz_answers(200) as port:
            assert qdrant_check(port) == 0

    def test_starting_qdrant_is_not_healthy(self) -> None:
        """A Qdrant that answers, but is not ready, is not healthy."""
        with readyz_answers(503) as port:
            assert qdrant_check(port) != 0

    def test_missing_qdrant_is_not_healthy(self) -> None:
        """A Qdrant that refuses connections is not healthy."""
        with readyz_answers(200) as port:
            pass
        assert qdrant_check(port) != 0
