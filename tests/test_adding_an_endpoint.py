"""docs/add-an-endpoint.md: its endpoint, really added to the application, and asked."""

import re
from typing import Any, Final

import httpx2
import pytest
from fastapi import APIRouter

from app import main
from app.chat import api
from app.chat.constants import QUESTIONS
from app.chat.models import ClientPrompt
from app.core.constants import ROOT
from tests.conftest import SettingsFactory
from tests.support.fake_openai import FakeOpenAI
from tests.support.openai_replies import text
from tests.support.pages import blocks, page
from tests.support.server import serve

PAGE = page("add-an-endpoint")
CONSTANTS, ENDPOINT, TEST, FAULTS, SCOPE = blocks(PAGE, "python")


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the page's blocks define; the application has the endpoint."""
    names = {**vars(api), "Final": Final, "ClientPrompt": ClientPrompt}
    names |= {"router": APIRouter(prefix="/v1"), "httpx2": httpx2}
    names |= {"FakeOpenAI": FakeOpenAI, "text": text}
    for block in (CONSTANTS, ENDPOINT, TEST):
        exec(block, names)  # noqa: S102 (it is what the page tells its reader to write)
    monkeypatch.setattr(main, "ROUTERS", (*main.ROUTERS, names["router"]))
    paths = (*main.IDEMPOTENT_PATHS, names["SUMMARIZE"])
    monkeypatch.setattr(main, "IDEMPOTENT_PATHS", paths)
    monkeypatch.setattr(main, "QUESTIONS", names["QUESTIONS"])
    return names


class TestPage:
    def test_seven_files_are_touched(self) -> None:
        """The page names seven files, of which all but the new test are there."""
        files = re.findall(r"^## \d\. .*: (\S+)$", PAGE.read_text(), re.MULTILINE)
        assert len(files) == 7
        assert [file for file in files if not (ROOT / file).exists()] == [files[2]]

    async def test_endpoint_answers(
        self, names: dict[str, Any], make_settings: SettingsFactory, fake_openai: FakeOpenAI
    ) -> None:
        """The page's own test passes, and the same key gets the same summary again."""
        assert names["QUESTIONS"] == (*QUESTIONS, names["SUMMARIZE"])
        async with serve(make_settings()) as client:
            await names["TestSummarize"]().test_model_is_told_to_summarize(client, fake_openai)
            given: dict[str, Any] = {
                "json": {"message": "Ducks"},
                "headers": {"Idempotency-Key": "1"},
            }
            first = await client.post(names["SUMMARIZE"], **given)
            again = await client.post(names["SUMMARIZE"], **given)
        assert again.headers["Idempotency-Replayed"] == "true"
        assert again.json() == first.json()

    def test_rows_are_those_of_their_tables(self) -> None:
        """The rows that the page adds are made as those beside them."""
        assert 'always(json={"message": QUESTION})' in FAULTS
        faults = (ROOT / "tests/faults/endpoints.py").read_text()
        assert 'completion-stream": always(json={"message": QUESTION})' in faults
        walls = (ROOT / "tests/users/test_walls.py").read_text()
        assert SCOPE.replace("summarize", "completion") in walls
