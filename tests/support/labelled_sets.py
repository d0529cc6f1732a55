"""A few texts, questions about them, and `python -m evaluation` as its users run it."""

import sys
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import orjson
import pytest

from app.core.constants import ROOT
from evaluation.__main__ import main
from settings import Settings
from tests.support import chat_knowledge, knowledge
from tests.support.psql import url_of

TEXTS = {"port": chat_knowledge.PORT, "ducks": knowledge.DUCKS, "volcano": chat_knowledge.VOLCANO}
PORT = {"question": "Which port does the API listen on?", "relevant": [{"document": "port"}]}
DUCKS = {
    "question": "What do mallard ducks eat?",
    "relevant": [{"document": "ducks", "start": 18, "end": 47}],
}
CHESS: dict[str, Any] = {"question": "Who won the chess tournament?", "relevant": []}


def write(file: Path, lines: Iterable[dict[str, Any]]) -> Path:
    """Writes JSON lines into a file."""
    file.write_bytes(b"\n".join(map(orjson.dumps, lines)))
    return file


def corpus(file: Path, **more: str) -> Path:
    """Writes the texts as a corpus, and more of them by their ids."""
    texts = TEXTS | more
    return write(file, [{"id": name, "title": "", "text": text} for name, text in texts.items()])


def run_evaluation(
    settings: Settings, *arguments: str | Path, **environment: str
) -> CompletedProcess[str]:
    """Runs `python -m evaluation` to its end, on the knowledge base of these settings.

    In this process: starting another takes longer than most of what is measured.
    """
    output, errors = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
        patch.chdir(ROOT)
        patch.setenv("DATABASE_URL", url_of(settings))
        patch.setenv("DATA_DIR", str(settings.DATA_DIR))
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["evaluation", *map(str, arguments)])
        code = main()
    return CompletedProcess(arguments, code, output.getvalue(), errors.getvalue())
