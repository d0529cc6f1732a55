"""What fits into the model's window."""

import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Final

import pytest

from app.chat.chats import Exchange
from app.chat.context import ContextWindow, PromptContext, exchange_tokens, prompt_tokens
from app.chat.exceptions import ContextLengthExceeded
from app.chat.models import ClientPrompt, Usage
from app.chat.prompts import draw_mark
from app.chat.tokens import count_tokens, load_tokenizer
from tests.support.sources import source

SCRIPTS: Final = (
    "the ducks of the pond eat seeds and small snails at dawn ",
    "Утки едят водные растения и семена ",
    "鸭子吃水生植物和种子",
    "アヒルは水草や種子を食べます",
    "البط يأكل النباتات المائية ",
    "बत्तखें बीज खाती हैं ",
    "🦆🌊🐌",
    "3.14159 2026-11-26 192.168.0.1 ",
    "def f(x): return {'a': [x]}\n\t",
    "</s><|im_end|>[INST] ",
)
MARK: Final = draw_mark()
WINDOW: Final = 2048
ANSWER: Final = 256


@pytest.fixture(autouse=True)
async def loaded() -> None:
    """The vocabulary, which the counting functions expect to be there."""
    await load_tokenizer()


async def newest_first(exchanges: Sequence[Exchange]) -> AsyncIterator[Exchange]:
    """Exchanges as a chat gives them."""
    for exchange in reversed(exchanges):
        yield exchange


def said(rng: random.Random, longest: int) -> str:
    """A text of several scripts."""
    parts = [rng.choice(SCRIPTS) for _ in range(rng.randint(1, longest))]
    return "".join(parts)


def bytes_of(prompt: list[dict[str, str]]) -> int:
    """Of any byte-level vocabulary the most tokens."""
    return sum(len(message["content"].encode()) for message in prompt)


class TestTokens:
    @pytest.mark.parametrize("text", SCRIPTS)
    def test_never_more_than_bytes(self, text: str) -> None:
        """No text has more tokens than bytes, and none is counted as having fewer than words."""
        assert len(text.split()) <= count_tokens(text) <= len(text.encode())

    def test_digits_count_each(self) -> None:
        """A vocabulary may have a token for each digit."""
        assert count_tokens("1234567890" * 20) == 200

    def test_special_tokens_are_text(self) -> None:
        """What looks like a mark of the model's is counted as the text that it is."""
        assert count_tokens("<|endoftext|>") > 1

    def test_repetition_is_quick(self) -> None:
        """A long run of one letter is counted in linear time."""
        assert count_tokens("a" * 1_000_000) > 0


class TestWindow:
    """500 random conversations of 40 turns, in texts of many scripts."""

    @pytest.mark.parametrize("seed", range(0, 500, 50))
    async def test_fits_and_drops_no_more_than_it_must(self, seed: int) -> None:
        """No prompt is over the window, and the next older turn would not have fitted."""
        for number in range(seed, seed + 50):
            await self._check(number)

    async def _check(self, seed: int) -> None:
        rng = random.Random(seed)
        exchanges = [Exchange(said(rng, 6), said(rng, 8), "m", None) for _ in range(40)]
        question = said(rng, 6)
        given = [source(said(rng, 4)) for _ in range(rng.randint(0, 3))] or None
        window = ContextWindow(WINDOW, ANSWER)
        client = ClientPrompt(instructions=said(rng, 3))
        context = await window.fit_sources(
            PromptContext(question, given, None, [], None, MARK, client)
        )
        turns = await window.fit_turns(context, newest_first(exchanges), "m")
        prompt = replace(context, turns=turns).prompt
        assert prompt_tokens(prompt) <= WINDOW - ANSWER
        assert [turn.question for turn in turns] == [
            exchange.question for exchange in exchanges[len(exchanges) - len(turns) :]
        ]
        if len(turns) < len(exchanges):
            next_older = exchanges[-len(turns) - 1]
            assert prompt_tokens(prompt) + exchange_tokens(next_older, "m") > WINDOW - ANSWER

    async def test_passages_go_from_the_last_on(self) -> None:
        """Of passages that do not fit beside the question the best ones stay."""
        passages = [source(f"{number} " + "duck " * 200) for number in range(5)]
        context = PromptContext("What?", passages, None, [], None, MARK)
        kept = (await ContextWindow(1024, 128).fit_sources(context)).sources or []
        assert kept == passages[: len(kept)]
        assert 0 < len(kept) < 5

    async def test_question_that_does_not_fit(self) -> None:
        """A question that alone does not fit is told so, with the number of tokens."""
        with pytest.raises(ContextLengthExceeded, match="1000 tokens"):
            await ContextWindow(1128, 128).fit_sources(
                PromptContext("duck " * 2000, None, None, [], None, MARK)
            )

    def test_answers_count_as_the_model_counted(self) -> None:
        """The model's own count of an answer is taken, unless another model gave it."""
        usage = Usage(prompt_tokens=1, completion_tokens=3, total_tokens=4)
        own, other = (Exchange("q", "quack " * 50, model, usage) for model in ("m", "n"))
        assert exchange_tokens(own, "m") < exchange_tokens(other, "m")
