"""A few texts, questions about them, and `python -m evaluation` as its users run it."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

from app.core.constants import ROOT
from settings import Settings

TEXTS = {
    "port": "The API of bRAG listens on port 8000 unless the setting PORT says otherwise.",
    "ducks": "Mallard ducks eat water plants, seeds and small snails, mostly at dawn.",
    "volcano": "Mount Etna on Sicily is one of the most active volcanoes of Europe.",
}
PORT = {"question": "Which port does the API listen on?", "relevant": [{"document": "port"}]}
DUCKS = {
    "question": "What do mallard ducks eat?",
    "relevant": [{"document": "ducks", "start": 18, "end": 47}],
}
CHESS: dict[str, Any] = {"question": "Who won the chess tournament?", "relevant": []}

PATIENCE_SEC = 60


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
) -> subprocess.CompletedProcess[str]:
    """Runs `python -m evaluation` to its end, on the knowledge base of these settings."""
    assert settings.DATABASE_URL
    return subprocess.run(
        [sys.executable, "-m", "evaluation", *map(str, arguments)],
        env=os.environ
        | {
            "DATABASE_URL": settings.DATABASE_URL.get_secret_value(),
            "DATA_DIR": str(settings.DATA_DIR),
        }
        | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SEC,
        check=False,
    )
