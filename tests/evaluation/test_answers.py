"""`python -m evaluation answers`: questions put to a running service, and its answers judged."""

from pathlib import Path

import httpx2
import pytest

from app.core.constants import ROOT
from evaluation.__main__ import OWN_ANSWERS
from evaluation.answers import ask_service, is_right
from evaluation.dataset import ExpectedAnswer, read_expected_answers
from evaluation.exceptions import ServiceUnreachable
from evaluation.report import answer_table
from settings import Settings
from tests.conftest import SettingsFactory
from tests.support.fake_openai import FakeOpenAI, refusing_url
from tests.support.labelled_sets import run_evaluation, write
from tests.support.openai_replies import text
from tests.support.server import serve
from tests.support.waiting import until

ASKED = {"question": "Which port does the API listen on?", "answers": ["listens on port 8000"]}
EXPECTED = ExpectedAnswer.model_validate(ASKED)


class TestOwnAnswers:
    """The questions about the project's own documents, as a first start puts them in."""

    def test_right_sentences_stand_in_the_documents(self) -> None:
        """There are twenty questions, and each has a right sentence that stands in a document."""
        files = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
        texts = [file.read_text() for file in files]
        expected = read_expected_answers(OWN_ANSWERS)
        assert len(expected) == 20
        for question in expected:
            assert any(is_right(text, question.answers) for text in texts), question


class TestIsRight:
    def test_marks_case_and_lines_do_not_count(self) -> None:
        """A sentence is found whatever its case, its line breaks and the marks of Markdown."""
        assert is_right("No: **the API**\nlistens on `port` 8000. [1]", ["The API listens on port"])

    def test_other_words_do(self) -> None:
        """One of several sentences is enough; another word is none of them."""
        assert is_right("It closes the connection.", ["It stops", "closes the connection"])
        assert not is_right("It closes a connection.", ["closes the connection"])


class TestAnswers:
    """`python -m evaluation answers FILE --url URL`."""

    async def test_answers_of_a_service_are_judged(
        self, make_settings: SettingsFactory, fake_openai: FakeOpenAI, tmp_path: Path
    ) -> None:
        """Each question is put to the service, and what it answers is judged, refusals too."""
        lines = [ASKED, {**ASKED, "answers": ["No."]}, {**ASKED, "question": "Who ate my cake?"}]
        expected = read_expected_answers(write(tmp_path / "q.jsonl", lines))
        async with serve(make_settings()) as client:
            given = {"title": "Port", "text": "The API listens on port 8000."}
            await client.post("/v1/documents", json=given)
            await until(lambda: is_ready(client))
            fake_openai.reply(text("It listens on port\n", "8000 | [1]"), times=2)
            judged = await ask_service(str(client.base_url).rstrip("/"), expected, "other")
        table = answer_table(judged)
        assert f"| {ASKED['question']} | yes | It listens on port 8000 \\| [1] |" in table
        assert f"| {ASKED['question']} | no | " in table
        assert {request.body["model"] for request in fake_openai.requests} == {"other"}
        assert "| Who ate my cake? | no | No documents found" in table
        assert "1 of 3 answers have a right sentence" in table

    async def test_key_is_needed(
        self, make_settings: SettingsFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Where people sign in a wrong key is told; no refusal counts as an answer."""
        monkeypatch.setenv("BRAG_API_KEY", "brag_old")
        async with serve(make_settings(AUTH_REQUIRED=True)) as client:
            with pytest.raises(ServiceUnreachable, match="the key in BRAG_API_KEY: it is wrong"):
                await ask_service(str(client.base_url).rstrip("/"), [EXPECTED])

    def test_no_service_is_one_sentence(self, settings: Settings) -> None:
        """Where no service answers, one sentence says what to do, and the exit code is 1."""
        url = refusing_url().removesuffix("/v1")
        done = run_evaluation(settings, "answers", "--url", url)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith(f"No service answers at {url}: start one")


async def is_ready(client: httpx2.AsyncClient) -> bool:
    """Whether the document that was put in can be found."""
    [document] = (await client.get("/v1/documents")).json()
    return str(document["status"]) == "ready"
