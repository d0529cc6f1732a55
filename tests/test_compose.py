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
    "qdrant": {"QDRANT_INIT_FILE_PATH", "QDRANT__STORAGE__SNAPSHOTS_PATH"},
}
PRECISE = re.compile(r":v?\d+\.\d+(\.\d+)?(-\w+)?(@sha256:[0-9a-f]{64})?$")


class TestServices:
    """What the services are made of."""

    @pytest.mark.parametrize("name", OF_THE_IMAGES)
    def test_images_are_precise(self, name: str) -> None:
        """Every image names a release, not whatever is newest."""
        assert PRECISE.search(SERVICES[name]["image"])

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
        assert any("--owner brag " in command for command in image.all("RUN"))

    def test_streams_may_finish(self) -> None:
        """Compose waits for longer than gunicorn before it kills."""
        grace = int(API["stop_grace_period"].removesuffix("s"))
        assert grace > Settings().GRACEFUL_TIMEOUT_SEC + 5


class TestConfinement:
    """What a service could do, if somebody took it over."""

    @pytest.mark.parametrize("name", SERVICES)
    def test_rights_are_dropped(self, name: str) -> None:
        """No service has capabilities, can get more rights, or change the files of its image."""
        service = SERVICES[name]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["read_only"] is True
        assert "/tmp" in service["tmpfs"]  # noqa: S108 - the container's own
        assert not service.keys() & {"privileged", "cap_add", "devices", "pid", "network_mode"}

    def test_nobody_is_root(self) -> None:
        """Each service runs as a user of its own: of its image, or as it is told."""
        assert Stage.read_all()[-1].all("USER") == ["brag"]
        assert SERVICES["postgres"]["user"] == "postgres"
        assert "-unprivileged" in SERVICES["qdrant"]["image"]

    @pytest.mark.parametrize("name", SERVICES)
    def test_memory_and_processes_are_bounded(self, name: str) -> None:
        """No service can take the whole machine."""
        assert re.fullmatch(r"[1-9]g", SERVICES[name]["mem_limit"])
        assert 0 < SERVICES[name]["pids_limit"] <= 1024

    @pytest.mark.parametrize("name", OF_THE_IMAGES)
    def test_stores_are_reached_by_the_api_alone(self, name: str) -> None:
        """No port of a store is published, and its network leads nowhere else."""
        assert "ports" not in SERVICES[name]
        assert SERVICES[name]["networks"] == ["stores"]
        assert COMPOSE["networks"]["stores"] == {"internal": True}

    def test_api_listens_for_this_machine(self) -> None:
        """The API's port is published to a proxy on this machine alone."""
        assert all(port.startswith("127.0.0.1:") for port in API["ports"])

    @pytest.mark.parametrize("name", OF_THE_IMAGES)
    def test_stores_know_no_secrets_of_others(self, name: str) -> None:
        """A store is not told what .env holds for the API."""
        assert "env_file" not in SERVICES[name]


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
