"""What of a question, its passages and its chat fits into the model's window."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from app.chat.chats import Exchange
from app.chat.control_tokens import neutralise
from app.chat.digests import json_sha256
from app.chat.exceptions import ContextLengthExceeded
from app.chat.models import ClientPrompt, Turns
from app.chat.prompts import Prompt, build_prompt
from app.chat.tokens import count_tokens, estimate_tokens, load_tokenizer
from app.retrieval.models import Source, Turn

MESSAGE_TOKENS: Final = 8  # at most, of the marks that a model's template puts around a message
PROMPT_TOKENS: Final = 16  # and around the whole
LONG_CHARS: Final = 10_000  # whose tokens are counted in half a millisecond


@dataclass(frozen=True)
class PromptContext:
    """What a prompt is built of: all of it fits into the window.

    `sources` and `retrieval_queries` are None without retrieval; `turns` are those of the chat that
    are used, the oldest first; `exchanges` is how many it has, None outside a chat. The `mark` is
    the one that was drawn for this prompt; without one there is none. The `client` has told of its
    own instructions.
    """

    question: str
    sources: list[Source] | None
    retrieval_queries: list[str] | None
    turns: list[Turn]
    exchanges: int | None
    mark: str
    client: ClientPrompt = field(default_factory=ClientPrompt)

    @cached_property
    def prompt(self) -> Prompt:
        """What the model is told."""
        return build_prompt(
            self.question, self.sources, self.mark, self.turns, self.client.instructions
        )

    @property
    def prompt_sha256(self) -> str | None:
        """Its digest; None where the model is told nothing."""
        return None if self.sources == [] or not self.mark else json_sha256(self.prompt)

    @property
    def turn_counts(self) -> Turns | None:
        """How many exchanges of the chat are used, and how many dropped."""
        if self.exchanges is None:
            return None
        return Turns(used=len(self.turns), dropped=max(0, self.exchanges - len(self.turns)))

    def shortened(self) -> "PromptContext":
        """With the newest quarter of the turns: for an upstream with a smaller window than ours."""
        return replace(self, turns=self.turns[len(self.turns) - len(self.turns) // 4 :])


class ContextWindow:
    """CONTEXT_WINDOW_TOKENS, of which MAX_COMPLETION_TOKENS are left to the answer."""

    def __init__(self, tokens: int, completion_tokens: int) -> None:
        self._tokens = tokens - completion_tokens

    async def fit_sources(self, context: PromptContext) -> PromptContext:
        """With as many passages, from the best on, as fit beside the question; the best one always.

        ContextLengthExceeded where they cannot fit; where they may, the upstream has the last word.
        """
        if prompt_bytes(context.prompt) <= self._tokens:
            return context  # no token is shorter than a byte
        return await asyncio.to_thread(self._fit_sources, context)

    async def fit_turns(
        self, context: PromptContext, exchanges: AsyncIterator[Exchange], model: str
    ) -> list[Turn]:
        """As many whole exchanges, from the newest on, as fit beside these; the oldest first."""
        await load_tokenizer()
        left, turns = self._left(context), list[Turn]()
        async for exchange in exchanges:
            left -= await _count(exchange, model)
            if left < 0:
                break
            turns.append(Turn(exchange.question, exchange.answer))
        return turns[::-1]

    def _fit_sources(self, context: PromptContext) -> PromptContext:
        while context.sources and len(context.sources) > 1 and self._left(context) < 0:
            context = replace(context, sources=context.sources[:-1])
        if least_tokens(context.prompt) > self._tokens:
            raise ContextLengthExceeded(self._tokens)
        return context

    def _left(self, context: PromptContext) -> int:
        return self._tokens - prompt_tokens(context.prompt)


async def _count(exchange: Exchange, model: str) -> int:
    """The tokens of an exchange; those of a long one are counted in a thread."""
    if len(exchange.question) + len(exchange.answer) > LONG_CHARS:
        return await asyncio.to_thread(exchange_tokens, exchange, model)
    return exchange_tokens(exchange, model)


def prompt_bytes(prompt: Prompt) -> int:
    """More than the tokens of any prompt, and quickly counted."""
    contents = (message["content"] for message in prompt)
    return PROMPT_TOKENS + sum(len(content.encode()) + MESSAGE_TOKENS for content in contents)


def least_tokens(prompt: Prompt) -> int:
    """How many tokens a prompt has for a model of a large vocabulary."""
    return sum(estimate_tokens(message["content"]) for message in prompt)


def prompt_tokens(prompt: Prompt) -> int:
    """How many tokens a prompt has at most."""
    contents = (message["content"] for message in prompt)
    return PROMPT_TOKENS + sum(count_tokens(content) + MESSAGE_TOKENS for content in contents)


def exchange_tokens(exchange: Exchange, model: str) -> int:
    """How many tokens an exchange adds to a prompt at most.

    Of an answer the model's own count is taken, where this model gave it; it can be higher than
    what is to be read of it, since some models think aloud.
    """
    told = neutralise(exchange.answer)
    answer = count_tokens(told)
    if exchange.usage is not None and exchange.model == model:
        blanks = len(told) - len(exchange.answer)
        answer = min(answer, exchange.usage.completion_tokens + blanks)
    return count_tokens(neutralise(exchange.question)) + answer + 2 * MESSAGE_TOKENS
