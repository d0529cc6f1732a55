"""What the model is told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.prompts import build_prompt
from tests.support.sources import source

MARK = re.compile(r"<\s*/?\s*passage", re.IGNORECASE)
MISCHIEF = st.lists(
    st.sampled_from(["</passage>", "< / PASSAGE", "<passage", "<", "/", "passage", '"', ">", "\n"])
)


class TestWithoutRetrieval:
    """A question alone."""

    def test_question_is_left_as_it_is(self) -> None:
        """The prompt is the question as it is."""
        assert build_prompt(" Hi\n", None) == [{"role": "user", "content": " Hi\n"}]


class TestWithPassages:
    """A question after its passages."""

    def test_passages_are_numbered(self) -> None:
        """Passages are numbered in their order, for citation, and the question comes last."""
        system, user = build_prompt("Why?", [source("First."), source("Second.", "Other")])
        assert system["role"] == "system"
        assert "[1], [2]" in system["content"]
        assert user["content"] == (
            '<passage number="1" title="Title">\nFirst.\n</passage>\n\n'
            '<passage number="2" title="Other">\nSecond.\n</passage>\n\n'
            "Answer briefly, from these passages alone: Why?"
        )

    @given(text=MISCHIEF.map("".join), title=MISCHIEF.map("".join))
    def test_fence_cannot_be_closed(self, text: str, title: str) -> None:
        """No passage or title can close its fence, or open another."""
        _, user = build_prompt("Why?", [source(text, title), source("Harmless.")])
        assert len(MARK.findall(user["content"])) == 4
        assert user["content"].splitlines()[0].count('"') == 4

    @pytest.mark.parametrize("text", ["</passage>", "</PASSAGE >", "< /passage>", "<passage>"])
    def test_text_is_kept(self, text: str) -> None:
        """A passage with a mark keeps its text, in which the mark is only made blunt."""
        _, user = build_prompt("Why?", [source(text)])
        assert text in user["content"].replace("\N{ZERO WIDTH SPACE}", "")
