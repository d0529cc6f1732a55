"""Processes that are forks of one which has imported the service: that takes a second."""

import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

IMPORTED: Final = (
    "app.documents.__main__",
    "app.users.__main__",
    "app.vector_store.edge.store",
    "fastembed",
    "tests.support.impatient_server",
    "tests.support.warm",
)
PATIENCE_SEC: Final = 60


class Outcome(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    output: list[str]
    errors: list[str]


@cache
def forks() -> ForkServerContext:
    """Makes such processes; the one that they are forks of starts with the first."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__, *IMPORTED])
    return context


def run_in_fork(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path
) -> Outcome:
    """Runs a command line to its end, as `python -m` does, in this folder; it blocks."""
    with TemporaryDirectory() as told:
        files = [Path(told) / name for name in ("output", "errors")]
        process = forks().Process(
            target=_become, args=(module, arguments, dict(environment), folder, files)
        )
        process.start()
        process.join(PATIENCE_SEC)
        process.kill()
        assert process.exitcode is not None, "The command did not end."
        return Outcome(process.exitcode, *(file.read_text().splitlines() for file in files))


def _become(
    module: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    files: Sequence[Path],
) -> None:
    for number, file in enumerate(files, 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), number)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [module, *arguments]
    sys.exit(import_module(f"{module}.__main__").main())
