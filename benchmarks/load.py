"""Load as data, and the process that makes it."""

import subprocess
import sys
from dataclasses import asdict, dataclass

import orjson

from benchmarks.answers import Answer

UPSTREAM_PATH = "/v1/chat/completions"
HEALTH_PATH = "/healthcheck"


@dataclass(frozen=True)
class Load:
    """`callers` at once, each with a connection of its own, until the seconds or calls are over.

    Between an answer and the next question a caller rests for `pause_sec`.
    """

    path: str
    answer: Answer
    callers: int = 1
    calls_each: int = 1_000_000
    seconds: float = 60
    pause_sec: float = 0
    authorization: str = ""
    chat_uuid: str | None = None
    stream: bool = True  # of UPSTREAM_PATH, which is also a path of ours


@dataclass(frozen=True)
class Outcome:
    """What came back: how many calls in how long, and how many of them with every byte right."""

    seconds: float
    calls: int
    correct: int
    first_token_ms: list[float]
    answer_ms: list[float]


def run(load: Load, port: int) -> Outcome:
    """Puts the load on the server at this port, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.client", str(port)]
    job = orjson.dumps(asdict(load))
    done = subprocess.run(command, input=job, stdout=subprocess.PIPE, check=True)
    return Outcome(**orjson.loads(done.stdout))
