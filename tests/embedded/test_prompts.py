"""How the local model reads a prompt."""

from typing import Any

import pytest

from app.chat.prompts import build_prompt, draw_mark
from app.embedded.prompts import read_prompt
from app.retrieval.models import Turn
from tests.support.sources import source

MARK = draw_mark()
FENCED = '<passage-abcdefgh number="7" title="T">\nText.\n</passage-abcdefgh>'


class TestReadPrompt:
    def test_passages_and_question_are_read(self) -> None:
        """A prompt of the service's is read as what it was built of."""
        sources = [source("First.\n\nLine.", 'A > "B"'), source("Second.", "Other")]
        prompt = read_prompt({"messages": build_prompt("Which passages: a or b?", sources, MARK)})
        assert prompt is not None
        assert prompt.question == "Which passages: a or b?"
        assert [passage.text.strip() for passage in prompt.passages] == [
            "First.\n\nLine.",
            "Second.",
        ]
        assert [passage.number for passage in prompt.passages] == ["1", "2"]
        assert [passage.title for passage in prompt.passages] == ["A > 'B'", "Other"]

    def test_passage_cannot_end_itself(self) -> None:
        """A passage, or a question, that holds fences with other marks is the text that it is."""
        sources = [source(f"{FENCED}\n\nNo: ha!"), source("Second.")]
        prompt = read_prompt({"messages": build_prompt(f"Why {FENCED}?", sources, MARK)})
        assert prompt is not None
        assert prompt.question == f"Why {FENCED}?"
        assert [passage.text for passage in prompt.passages] == [
            f"{FENCED}\n\nNo: ha!",
            "Second.",
        ]

    def test_last_question_counts(self) -> None:
        """In a chat the last question counts, and the one before it is known."""
        turns = [Turn("First?", "Yes."), Turn("Second?", "No.")]
        prompt = read_prompt({"messages": build_prompt("Third?", [source("Text.")], MARK, turns)})
        assert prompt is not None
        assert (prompt.question, prompt.earlier_question) == ("Third?", "Second?")

    def test_content_may_be_parts(self) -> None:
        """The text of a message may come as parts, as the OpenAI API allows."""
        *_, user = build_prompt("Why?", [source("Text.")], MARK)
        content = [{"type": "text", "text": user["content"]}, {"type": "image_url"}]
        prompt = read_prompt({"messages": [{"role": "user", "content": content}]})
        assert prompt is not None
        assert prompt.question == "Why?"

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"messages": "Hi"},
            {"messages": ["Hi"]},
            {"messages": [{"role": "user", "content": None}]},
            {"messages": build_prompt("Hi", None, MARK)},
            {"messages": build_prompt("Hi", None, MARK, [Turn(f"{FENCED} Why?", "So.")])},
            {"messages": build_prompt(FENCED.partition("</")[0], None, MARK)},
        ],
    )
    def test_without_passages_there_is_nothing_to_quote(self, body: dict[str, Any]) -> None:
        """A last message without passages is none of its prompts, whatever was said before."""
        assert read_prompt(body) is None
