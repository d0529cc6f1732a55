"""Whether the best passages bear on a question: their evidence, and the threshold for it.

See docs/decisions/0010-when-not-to-answer.md.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from app.core.caller import SERVICE
from app.core.exceptions import DatabaseUnavailable
from app.core.logs import reason
from app.db import Database
from app.retrieval.constants import REFRESH_SEC
from app.vector_store.bm25 import pairs, words
from settings import DEFAULT_EMBEDDING_MODEL

# For the packaged model, from all sets of decision 10: it lets through 8% of wikipedia-refusal's
# unanswerable questions, and refuses 5% of the others, 6% of what the articles answer and 8% of
# what the long texts answer.
DEFAULT_THRESHOLD: Final = 0.735
# With the cosine alone, a threshold that suits one collection refuses a third of what others
# answer: technical questions are far from their answers, and share their words.
WORDS_WEIGHT: Final = 0.5
PAIRS_WEIGHT: Final = 0.3

logger = logging.getLogger(__name__)


def evidence(question: str, cosine: float, text: str) -> float:
    """The cosine of a passage, and the shares of the question's words and pairs that it holds.

    Between -1 and 1.8; comparable between questions and between collections, as no score is.
    """
    of_words = _share(words(question), words(text))
    asked_pairs = pairs(question)
    of_pairs = _share(asked_pairs, pairs(text)) if asked_pairs else of_words
    return cosine + WORDS_WEIGHT * of_words + PAIRS_WEIGHT * of_pairs


def _share(asked: frozenset[int], held: frozenset[int]) -> float:
    """0 for a question of stop words alone, which no passage covers."""
    return len(asked & held) / len(asked) if asked else 0.0


class Relevance:
    """The threshold: RELEVANCE_THRESHOLD, else the stored calibration, else DEFAULT_THRESHOLD."""

    def __init__(
        self, database: Database, embedding_model: str, setting: float | None = None
    ) -> None:
        self.threshold = DEFAULT_THRESHOLD if setting is None else setting
        self._database = database
        self._embedding_model = embedding_model
        self._is_set = setting is not None
        self._has_warned = embedding_model == DEFAULT_EMBEDDING_MODEL

    def is_met(self, evidence: Iterable[float]) -> bool:
        """Whether the evidence of any of the best passages reaches the threshold."""
        return any(found >= self.threshold for found in evidence)

    async def refresh(self) -> None:
        """Takes up the calibration of the embedding model; raises DatabaseUnavailable."""
        if self._is_set:
            return
        stored: float | None = await self._database.query(
            SERVICE, "get_threshold", embedding_model=self._embedding_model
        )
        self.threshold = DEFAULT_THRESHOLD if stored is None else stored
        if stored is None and not self._has_warned:
            self._has_warned = True
            logger.warning(
                "The threshold of relevance, %.3f, is that of %s: run `python -m evaluation "
                "calibrate` for %s",
                *(self.threshold, DEFAULT_EMBEDDING_MODEL, self._embedding_model),
            )

    async def watch(self) -> None:
        """Refreshes until it is cancelled, so that no request has to ask Postgres for it."""
        while not self._is_set:
            try:
                await self.refresh()
            except DatabaseUnavailable as error:
                logger.warning(
                    "The calibration cannot be read, still %.3f: %s", self.threshold, reason(error)
                )
            except Exception:
                logger.exception("The calibration cannot be read: still %.3f", self.threshold)
            await asyncio.sleep(REFRESH_SEC)
