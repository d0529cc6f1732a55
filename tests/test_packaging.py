"""What is pinned, what the settings file explains, and what CI runs."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic_settings import SettingsConfigDict

from app.core.constants import ROOT
from settings import Settings

PINS = ROOT / "requirements"
PIN = re.compile(
    r"(?m)^([A-Za-z0-9._-]+)==(\S+) \\$((?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?$)+)"
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def pins(name: str) -> dict[str, str]:
    """The versions that a requirements file pins, by package."""
    found = PIN.findall((PINS / name).read_text())
    return {canonicalize_name(package): version for package, version, _ in found}


def asked_for(*extras: str) -> set[str]:
    """The packages that pyproject.toml asks for."""
    optional = PROJECT["optional-dependencies"]
    lists = [PROJECT["dependencies"], *(optional[extra] for extra in extras)]
    return {canonicalize_name(Requirement(line).name) for lines in lists for line in lines}


class TestRequirements:
    """The pinned requirements."""

    @pytest.mark.parametrize("file", sorted(PINS.iterdir()), ids=lambda file: file.name)
    def test_requirements_are_all_hashed(self, file: Path) -> None:
        """Every requirement is one version with its hashes, from no place in particular."""
        lines = re.sub(r"(?m)^ *(#.*)?\n", "", file.read_text())
        assert not PIN.sub("", lines).strip()
        assert not re.search(r"://|--index|--find", lines)

    @pytest.mark.parametrize(
        ("file", "extras"),
        [
            ("requirements.txt", ()),
            ("requirements-embedded.txt", ("embedded",)),
            ("requirements-dev.txt", ("embedded", "dev")),
        ],
    )
    def test_requirements_hold_what_is_asked_for(self, file: str, extras: tuple[str, ...]) -> None:
        """What pyproject.toml asks for is pinned: after a change there, `make compile`."""
        assert asked_for(*extras) <= pins(file).keys()

    def test_requirements_agree(self) -> None:
        """Tests run on the versions of production: every file only adds to the one before."""
        production, embedded = pins("requirements.txt"), pins("requirements-embedded.txt")
        development = pins("requirements-dev.txt")
        assert production.items() <= embedded.items() <= development.items()


class ExampleSettings(Settings):
    """The settings of somebody who copied `.env.example`."""

    model_config = SettingsConfigDict(env_file=ROOT / ".env.example")


class TestEnvironmentExample:
    """`.env.example`."""

    TEXT = (ROOT / ".env.example").read_text()

    def test_example_names_every_setting(self) -> None:
        """`.env.example` holds exactly the settings, in their order."""
        assert re.findall(r"(?m)^(\w+)=", self.TEXT) == list(Settings.model_fields)

    def test_example_explains_every_setting(self) -> None:
        """Above every setting stands a line of its own that explains it."""
        assert len(re.findall(r"(?m)^# .+\.\n\w+=", self.TEXT)) == len(Settings.model_fields)

    def test_example_holds_the_defaults(self) -> None:
        """Copying `.env.example` to `.env` changes nothing."""
        assert ExampleSettings().model_dump() == Settings().model_dump()


class TestContinuousIntegration:
    """The workflow."""

    def test_ci_runs_the_script(self) -> None:
        """CI runs `.ci/run`, on a named system, with actions whose code is known to the byte."""
        workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())
        job = workflow["jobs"]["check"]
        assert job["runs-on"] == "ubuntu-24.04"
        assert [step["run"] for step in job["steps"] if "run" in step] == ["bash .ci/run"]
        for action in (step["uses"] for step in job["steps"] if "uses" in step):
            assert re.search(r"@[0-9a-f]{40}$", action)
