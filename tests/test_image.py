"""The image: its files and its command, run here without a container around them."""

import json
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from app.core.constants import ROOT
from settings import Settings
from tests.support.container_files import Stage

BUILD, IMAGE = Stage.read_all()
NOT_SETTINGS = {"PATH", "PYTHONUNBUFFERED", "OPENBLAS_NUM_THREADS"}


class TestDockerfile:
    """What the Dockerfile says."""

    def test_bases_are_precise(self) -> None:
        """Both stages stand on one release of Python, down to its patch level and its bytes."""
        assert BUILD.base == IMAGE.base
        assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+@sha256:[0-9a-f]{64}", IMAGE.base)

    def test_everything_copied_exists(self) -> None:
        """Everything that is copied exists, and .dockerignore lets it through."""
        let_through = re.findall(r"(?m)^!(.+)$", (ROOT / ".dockerignore").read_text())
        for source in BUILD.copied + IMAGE.copied:
            assert (ROOT / source).exists()
            assert source.split("/")[0] in let_through

    def test_last_user_is_not_root(self) -> None:
        """The last user of the image is its own."""
        assert IMAGE.all("USER") == ["brag"]

    def test_data_are_closed_to_others(self) -> None:
        """Nobody but the image's own user can look into DATA_DIR."""
        assert any("--owner brag --mode 700 data" in command for command in IMAGE.all("RUN"))

    def test_variables_are_settings(self) -> None:
        """Every variable of the image is a setting, or one of the three that Python needs."""
        assert IMAGE.environment.keys() - NOT_SETTINGS <= Settings.model_fields.keys()

    def test_installations_are_hashed(self) -> None:
        """Nothing is installed that is not pinned by its hash."""
        installs = [command for command in BUILD.all("RUN") if "pip install" in command]
        assert installs
        assert all("--require-hashes" in command for command in installs)

    def test_nothing_but_pins_is_fetched(self) -> None:
        """Nothing but the pinned packages is fetched, when it is built or when it runs."""
        commands = " ".join([*BUILD.all("RUN"), *IMAGE.all("RUN"), *IMAGE.command])
        assert not re.search(r"apt|curl|wget|https?:", commands)


class RunningImage:
    """The image's command on the image's files, as a process of this machine."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.environment = environment
        self.log: list[dict[str, object]] = []
        self._folder = folder
        self._process = subprocess.Popen(
            IMAGE.command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()

    def read_log_until(self, message: str) -> str:
        """The first message that holds this one; fails if the process ends before it."""
        assert self._process.stderr
        for line in self._process.stderr:
            self.log.append(json.loads(line))
            if message in str(self.log[-1]["message"]):
                return str(self.log[-1]["message"])
        raise AssertionError(self.log)

    def is_healthy(self) -> bool:
        """What HEALTHCHECK finds."""
        command = IMAGE.health_command
        done = subprocess.run(
            command, cwd=self._folder, env=self.environment, capture_output=True, check=False
        )
        return done.returncode == 0

    def terminate(self) -> int:
        """Its exit code after SIGTERM."""
        self._process.terminate()
        _, rest = self._process.communicate()
        self.log += map(json.loads, rest.splitlines())
        return self._process.returncode


def copy_image(folder: Path) -> None:
    """Puts what the image holds into a folder."""
    for source in IMAGE.copied:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / source)
        else:
            shutil.copy(ROOT / source, folder)


@pytest.fixture
def running(tmp_path: Path, database_url: str) -> Iterator[RunningImage]:
    """A started image whose model would be on a port where nothing listens."""
    copy_image(tmp_path)
    scripts = sysconfig.get_path("scripts")
    environment = IMAGE.environment | {
        "PATH": f"{scripts}:{os.environ['PATH']}",
        "HOST": "127.0.0.1",
        "PORT": "0",
        "DATA_DIR": str(tmp_path / "data"),
        "DATABASE_URL": database_url,
        "OPENAI_BASE_URL": "http://127.0.0.1:9",
        "PUBLIC_URL": "https://brag.example",
        "SECRET_KEY": "s" * 32,
    }
    with RunningImage(tmp_path, environment) as image:
        yield image


class TestImage:
    """What the image does."""

    def test_image_migrates_serves_and_drains(self, running: RunningImage) -> None:
        """The image starts from its own files, is healthy, and ends with 0 on SIGTERM."""
        port = running.read_log_until("Listening at").partition("127.0.0.1:")[2].split()[0]
        running.environment["PORT"] = port
        running.read_log_until("startup complete")
        assert running.is_healthy()
        assert running.terminate() == 0
        assert not running.is_healthy()
        assert all({"time", "level", "message"} <= line.keys() for line in running.log)
