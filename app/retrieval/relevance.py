"""The threshold from which evidence makes a passage relevant.

See docs/decisions/0010-when-not-to-answer.md and 0035-what-evidence-counts.md.
"""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from app.core.caller import SERVICE
from app.core.exceptions import DatabaseUnavailable
from app.core.logs import reason
from app.db import Database, Row
from app.retrieval.constants import REFRESH_SEC
from app.retrieval.evidence import EVIDENCE_VERSION, LEAST_EVIDENCE
from app.retrieval.models import JudgedSource, Source
from settings import DEFAULT_EMBEDDING_MODEL

# For the packaged model: it lets through 8% of wikipedia-refusal's unanswerable questions.
DEFAULT_THRESHOLD: Final = 0.83

logger = logging.getLogger(__name__)


class Relevance:
    """The threshold: RELEVANCE_THRESHOLD, else the stored calibration, else DEFAULT_THRESHOLD."""

    def __init__(
        self, database: Database, embedding_model: str, setting: float | None = None
    ) -> None:
        self.threshold = DEFAULT_THRESHOLD if setting is None else setting
        self._database = database
        self._embedding_model = embedding_model
        self._is_set = setting is not None
        self._warned: set[str] = set()
        if setting is not None and setting > LEAST_EVIDENCE:  # which means the same in all versions
            self._warn(
                f"RELEVANCE_THRESHOLD={setting} is taken for a threshold of evidence "
                f"{EVIDENCE_VERSION}, whose default is {DEFAULT_THRESHOLD}: one that was found "
                "with another version means something else"
            )

    def is_met(self, evidence: Iterable[float]) -> bool:
        """Whether the evidence of any of the best passages reaches the threshold."""
        return any(found >= self.threshold for found in evidence)

    def judge(self, source: Source, evidence: float) -> JudgedSource:
        """A passage with what it is judged by."""
        is_relevant = self.is_met([evidence])
        return JudgedSource.model_construct(  # the rest is valid already
            **vars(source), evidence=evidence, threshold=self.threshold, relevant=is_relevant
        )

    async def refresh(self) -> None:
        """Takes up the calibration of the embedding model; raises DatabaseUnavailable."""
        if self._is_set:
            return
        stored: Row | None = await self._database.query(
            SERVICE, "get_threshold", embedding_model=self._embedding_model
        )
        if stored is not None and stored["evidence_version"] == EVIDENCE_VERSION:
            self.threshold = stored["threshold"]
            return
        self.threshold = DEFAULT_THRESHOLD
        if stored is not None:
            self._warn(
                f"The calibration of {self._embedding_model} is of evidence "
                f"{stored['evidence_version']}, and this code judges by {EVIDENCE_VERSION}: it is "
                f"not used. The threshold is {DEFAULT_THRESHOLD}; run `brag calibrate` anew"
            )
        elif self._embedding_model != DEFAULT_EMBEDDING_MODEL:
            self._warn(
                f"The threshold of relevance, {DEFAULT_THRESHOLD}, is that of "
                f"{DEFAULT_EMBEDDING_MODEL}: run `brag calibrate` for {self._embedding_model}"
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

    def _warn(self, sentence: str) -> None:
        """Says it once."""
        if sentence not in self._warned:
            self._warned.add(sentence)
            logger.warning("%s", sentence)
