"""What Dockerfile and docker-compose.yml say, parsed: there is no container engine to ask."""

import json
import re
import shlex
from dataclasses import dataclass, field
from typing import Any, Self

import yaml

from app.core.constants import ROOT


@dataclass
class Stage:
    """One stage of a Dockerfile."""

    base: str
    instructions: list[tuple[str, str]] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """The arguments of each instruction of this name."""
        return [arguments for instruction, arguments in self.instructions if instruction == name]

    @property
    def environment(self) -> dict[str, str]:
        """What ENV sets."""
        pairs = [pair for arguments in self.all("ENV") for pair in shlex.split(arguments)]
        return dict(pair.split("=", 1) for pair in pairs)

    @property
    def copied(self) -> list[str]:
        """What COPY takes from this folder, and not from another stage."""
        copies = [copy for copy in self.all("COPY") if not copy.startswith("--from")]
        return [source for copy in copies for source in shlex.split(copy)[:-1]]

    @property
    def command(self) -> list[str]:
        """What the container runs."""
        return _strings(self.all("CMD")[-1])

    @property
    def health_command(self) -> list[str]:
        """What asks the container how it is."""
        return _strings(self.all("HEALTHCHECK")[-1].partition(" CMD ")[2])

    @classmethod
    def read_all(cls) -> list[Self]:
        """The stages of our Dockerfile, the image itself last."""
        stages: list[Self] = []
        text = re.sub(r"(?m)^#.*\n", "", (ROOT / "Dockerfile").read_text())
        for line in filter(None, re.sub(r"\\\n\s*", "", text).splitlines()):
            instruction, arguments = line.split(maxsplit=1)
            if instruction == "FROM":
                stages.append(cls(arguments.split()[0]))
            else:
                stages[-1].instructions.append((instruction, arguments))
        return stages


def read_compose() -> dict[str, Any]:
    """Our docker-compose.yml."""
    compose: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return compose


def _strings(form: str) -> list[str]:
    strings: list[str] = json.loads(form)
    return strings
