"""From which evidence on a passage counts as relevant to a question."""

import asyncio
import logging
from typing import Final

from app.core.constants import DEFAULT_EMBEDDING_MODEL
from app.core.exceptions import DatabaseUnavailable
from app.db import Database
from app.documents.calibration import Calibration

# For the packaged model, from all sets of docs/decisions/0010-when-not-to-answer.md: it lets
# through 8% of wikipedia-refusal's unanswerable questions, and refuses 6% of the others, 6% of what
# the articles answer and 8% of what the long texts do.
DEFAULT_THRESHOLD: Final = 0.74
REFRESH_SEC: Final = 60.0

logger = logging.getLogger(__name__)


class Relevance:
    """The threshold on evidence: RELEVANCE_THRESHOLD, or what `calibrate` stored, or ours."""

    def __init__(
        self, database: Database, embedding_model: str, setting: float | None = None
    ) -> None:
        self.threshold = DEFAULT_THRESHOLD if setting is None else setting
        self._database = database
        self._embedding_model = embedding_model
        self._is_set = setting is not None
        self._is_told = embedding_model == DEFAULT_EMBEDDING_MODEL

    async def refresh(self) -> None:
        """Takes up the calibration of the embedding model; raises DatabaseUnavailable."""
        if self._is_set:
            return
        stored: float | None = await self._database.query(
            "get_threshold", embedding_model=self._embedding_model
        )
        self.threshold = DEFAULT_THRESHOLD if stored is None else stored
        if stored is None and not self._is_told:
            self._is_told = True
            logger.warning(
                "The threshold of relevance, %.2f, is that of %s: run `python -m app.documents "
                "calibrate` for %s",
                *(self.threshold, DEFAULT_EMBEDDING_MODEL, self._embedding_model),
            )

    async def watch(self) -> None:
        """Refreshes until it is cancelled, so that no request has to ask Postgres for it."""
        while not self._is_set:
            try:
                await self.refresh()
            except DatabaseUnavailable:
                logger.warning("The calibration cannot be read: still %.3f", self.threshold)
            except Exception:
                logger.exception("The calibration cannot be read: still %.3f", self.threshold)
            await asyncio.sleep(REFRESH_SEC)


async def store_calibration(
    database: Database, embedding_model: str, calibration: Calibration
) -> None:
    """Makes it the threshold of an embedding model, with what is to be expected of it."""
    false_answers = calibration.expected.false_answers
    false_refusals = calibration.expected.false_refusals
    assert false_answers is not None  # it took questions of both kinds
    assert false_refusals is not None
    await database.query(
        "upsert_calibration",
        embedding_model=embedding_model,
        threshold=calibration.threshold,
        false_answers=false_answers.value,
        false_refusals=false_refusals.value,
        answerable=calibration.answerable,
        unanswerable=calibration.unanswerable,
    )
