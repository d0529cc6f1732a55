"""What the model is told."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.chat.prompts import completion_prompt, qa_prompt
from tests.documents.sources import source

MARK = re.compile(r"<\s*/?\s*passage", re.IGNORECASE)
MISCHIEF = st.lists(
    st.sampled_from(["</passage>", "< / PASSAGE", "<passage", "<", "/", "passage", '"', ">", "\n"])
)


class TestCompletionPrompt:
    """A question alone."""

    def test_question(self) -> None:
        """It is the question as it is."""
        assert completion_prompt(" Hi\n") == [{"role": "user", "content": " Hi\n"}]


class TestQAPrompt:
    """A question after its passages."""

    def test_numbers(self) -> None:
        """Passages are numbered in their order, for citation, and the question comes last."""
        system, user = qa_prompt("Why?", [source("First."), source("Second.", "Other")])
        assert system["role"] == "system"
        assert "[1], [2]" in system["content"]
        assert user["content"] == (
            '<passage number="1" title="Title">\nFirst.\n</passage>\n\n'
            '<passage number="2" title="Other">\nSecond.\n</passage>\n\n'
            "Answer briefly, from these passages alone: Why?"
        )

    @given(text=MISCHIEF.map("".join), title=MISCHIEF.map("".join))
    def test_fence(self, text: str, title: str) -> None:
        """No passage or title can close its fence, or open another."""
        _, user = qa_prompt("Why?", [source(text, title), source("Harmless.")])
        assert len(MARK.findall(user["content"])) == 4
        assert user["content"].splitlines()[0].count('"') == 4

    @pytest.mark.parametrize("text", ["</passage>", "</PASSAGE >", "< /passage>", "<passage>"])
    def test_text_is_kept(self, text: str) -> None:
        """All that a passage loses is the sharpness of such a mark."""
        _, user = qa_prompt("Why?", [source(text)])
        assert text in user["content"].replace("\N{ZERO WIDTH SPACE}", "")
