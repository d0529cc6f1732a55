"""How much a word says, by how rare it is in the language, not in anybody's documents.

The vocabulary of the packaged embedding model lists words by their frequency in English books and
in Wikipedia: it is the background table. A count over documents would tell one owner about another.
"""

import asyncio
import re
from collections.abc import Collection, Mapping
from functools import cache
from math import log
from typing import Final

import orjson

from app.embeddings.models import MINILM
from app.vector_store.folding import fold
from app.vector_store.stop_words import ENGLISH, is_stop_word, language_of
from app.vector_store.terms import WORD

LEAST: Final = 0.1  # of a word that everybody uses
COMMON_RANK: Final = 100  # up to which a word says nothing
RAREST_RANK: Final = 27_000  # of a word that the table does not have
FIRST_WORD: Final = "the"  # the most frequent one

# Pairs of characters that ask, or join words, where no blanks tell words apart.
FUNCTION: Final = re.compile(
    "[\u3041-\u309f]+|.*[的了是吗呢么什怎哪谁几多请问与和为被把].*|可以|能不|不能|有没|没有|如何|是否|时候"
    "|[何誰][\u3041-\u309f]|[\u3041-\u309f][何誰]"
    "|무엇|얼마|언제|어디|누구|어떻|떻게|인가|인지|가요|나요|까요|니까|습니|입니|니다|하는|하나|에서|으로"
    "|เท่|ท่า|าไ|ไร|ไห|หร่|ะไ|ครั|รับ"
)
# The stem of a Japanese word, or a word, before or after what joins or inflects it.
INFLECTED: Final = re.compile("([\u4e00-\u9fff])[\u3041-\u309f]|[\u3041-\u309f]([\u4e00-\u9fff])")
INFLECTED_WEIGHT: Final = 0.4


async def load() -> None:
    """Reads the background table, if it has not been read yet: off the event loop."""
    if not _ranks.cache_info().currsize:
        await asyncio.to_thread(_ranks)


def weights(question: str, words: Collection[str]) -> Mapping[str, float]:
    """What each of a question's folded words, or pairs of characters, counts: LEAST to 1.

    The stop words of the language that the question has most of count as common ones.
    """
    language = language_of(question)
    common: set[str] = set()
    if language != ENGLISH:  # whose stop words are no words here
        spelled = WORD.findall(question.lower())
        common = {fold(word) for word in spelled if is_stop_word(word, language)}
    found = {word: LEAST if word in common else rarity(word) for word in words}
    if words and all(map(FUNCTION.fullmatch, words)):  # a word that is written in such characters
        return dict.fromkeys(words, 1.0)
    return found


def telling_character(pair: str) -> str | None:
    """Of a pair of Japanese characters the one that says something, where the other inflects it."""
    found = INFLECTED.fullmatch(pair)
    return (found[1] or found[2]) if found else None


def rarity(word: str) -> float:
    """What a folded word counts, whatever its language: LEAST to 1."""
    if FUNCTION.fullmatch(word):
        return LEAST
    if INFLECTED.fullmatch(word):
        return INFLECTED_WEIGHT
    rank = _ranks().get(word, RAREST_RANK)
    share = log(max(rank, COMMON_RANK) / COMMON_RANK) / log(RAREST_RANK / COMMON_RANK)
    return LEAST + (1 - LEAST) * min(share, 1.0)


@cache
def _ranks() -> Mapping[str, int]:
    vocabulary = orjson.loads((MINILM / "tokenizer.json").read_bytes())["model"]["vocab"]
    first = vocabulary[FIRST_WORD]
    return {
        word: index - first + 1
        for word, index in vocabulary.items()
        if index >= first and len(word) > 1 and word.isalpha()
    }
