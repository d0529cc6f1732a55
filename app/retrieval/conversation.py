"""What is searched for in a chat: docs/decisions/0021-chats.md."""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple
from uuid import UUID

import numpy as np

from app.embeddings.embedder import Vector
from app.retrieval.models import Turn
from app.vector_store.base import Candidate, SearchQuery

CONTEXT_CHARS: Final = 150  # of the last question, and of the answer to it: its beginning
NEAR: Final = 0.65  # the cosine of a passage from which on the question stands alone
STRENGTH: Final = 2.5  # of the chat, for each unit of cosine below that
WORDS_WEIGHT: Final = 0.6  # of the chat's words, where its vector has 1
LONGEST_COURTESY: Final = 240  # characters

# A message of nothing else asks for nothing; "yes", "more" and "how much" do.
COURTESY: Final = re.compile(
    "thanks?|thx|ty|tysm|cheers|ok|okay|k|great|nice|cool|good|perfect|awesome|excellent|wonderful|"
    "hello|hi|hey|bye|goodbye|welcome|danke|merci|gracias"
)
FILLER: Final = re.compile(
    "you|your|so|very|much|an?|the|that|this|it|is|was|for|i|got|all|really|lots?|of|to|helpful|"
    "helps?|helped|answer|many|million|u|beaucoup|schön|there|then|and|oh|ah|well|day|morning|afternoon|evening|night|again"
)
WORD: Final = re.compile(r"[^\W_]+")


class UnderstoodQuestion(NamedTuple):
    """What is searched for, and the cosines that passages have to the question alone."""

    text: str
    search: SearchQuery
    cosines: Mapping[UUID, float]

    def with_cosine(self, candidate: Candidate) -> Candidate:
        """The candidate with the greater of its cosines: to the question, or in its chat."""
        alone = self.cosines.get(candidate.id, candidate.cosine)
        return candidate._replace(cosine=max(alone, candidate.cosine))


def is_courtesy(question: str) -> bool:
    """Whether a message says thanks or hello, and asks for nothing."""
    if len(question) > LONGEST_COURTESY:
        return False
    said = WORD.findall(question.lower().replace("'s", " is").replace("’s", " is"))
    courtesies = [word for word in said if COURTESY.fullmatch(word)]
    others = [word for word in said if not COURTESY.fullmatch(word)]
    return "?" not in question and bool(courtesies) and all(map(FILLER.fullmatch, others))


def context_of(question: str, last_turn: Turn) -> str:
    """The question, then the beginnings of the question before it and of its answer.

    The question comes first: the embedding model attends most to the beginning.
    """
    return "\n".join((question, _beginning(last_turn.question), _beginning(last_turn.answer)))


def weight_of_context(nearest: float) -> float:
    """How much the chat counts, by the cosine of the passage that is nearest to the question.

    Nothing for a question that is near one; 0.4 at a cosine of 0.5, 0.9 at 0.3.
    """
    return STRENGTH * max(0.0, NEAR - nearest)


def combine(
    question: str, vector: Vector, context: str, context_vector: Vector, weight: float
) -> SearchQuery:
    """One search that gives each passage the sum of its scores in both, the context's weighted."""
    total = vector + np.float32(weight) * context_vector
    length = float(np.linalg.norm(total))
    texts = {question: 1.0, context: WORDS_WEIGHT * weight}
    return SearchQuery((total / np.float32(length)).astype(np.float32), texts, length)


def _beginning(text: str) -> str:
    """At most CONTEXT_CHARS, cut between words where there are any."""
    text = text.strip()
    if len(text) <= CONTEXT_CHARS:
        return text
    cut = text[: CONTEXT_CHARS + 1].rsplit(maxsplit=1)[0]
    return cut if CONTEXT_CHARS // 2 < len(cut) <= CONTEXT_CHARS else text[:CONTEXT_CHARS]
