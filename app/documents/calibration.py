"""How much evidence to ask for: thresholds tried on questions whose answers are known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from app.documents.evaluation import SEED, Estimate, rate
from app.documents.exceptions import UnusableSet

FOLDS: Final = 10
FEWEST: Final = 10  # questions of each kind, so that every fold has some


class Judged(NamedTuple):
    """The evidence for an answer to a question, and whether there is one."""

    evidence: float
    is_answerable: bool


@dataclass(frozen=True, slots=True)
class Errors:
    """Shares of the unanswerable and of the answerable questions; None where there are none."""

    false_answers: Estimate | None
    false_refusals: Estimate | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """A recommended threshold, and what to expect of it on new questions."""

    threshold: float
    expected: Errors
    answerable: int
    unanswerable: int


def calibrate(sample: Sequence[Judged]) -> Calibration:
    """The recommended threshold; raises UnusableSet if there are too few questions of a kind."""
    answerable = sum(each.is_answerable for each in sample)
    unanswerable = len(sample) - answerable
    if min(answerable, unanswerable) < FEWEST:
        raise UnusableSet(
            f"A calibration needs at least {FEWEST} answerable questions and as many unanswerable "
            f"ones: these are {answerable} and {unanswerable}."
        )
    threshold = recommend(sample)
    return Calibration(threshold, cross_validate(sample), answerable, unanswerable)


def recommend(sample: Sequence[Judged]) -> float:
    """The threshold with the smallest larger share of errors, then the smallest sum of both.

    The lowest of equals: where the passages are poor, the model can still say so itself.
    """
    evidence = np.array([each.evidence for each in sample])
    answerable = np.array([each.is_answerable for each in sample])
    thresholds = np.unique(np.floor(evidence * 1000) / 1000)
    answered = evidence >= thresholds[:, np.newaxis]
    false_answers = answered[:, ~answerable].mean(axis=1)
    false_refusals = 1 - answered[:, answerable].mean(axis=1)
    worse = np.maximum(false_answers, false_refusals)
    return float(thresholds[np.lexsort((false_answers + false_refusals, worse))[0]])


def errors_at(threshold: float, sample: Sequence[Judged]) -> Errors:
    """What goes wrong where questions with as much evidence, and only they, are answered."""
    return _errors([(each, threshold) for each in sample])


def cross_validate(sample: Sequence[Judged]) -> Errors:
    """What goes wrong where each tenth of the questions is judged by a threshold of the rest."""
    folds = _folds(sample)
    judged: list[tuple[Judged, float]] = []
    for fold in folds:
        threshold = recommend([each for other in folds if other is not fold for each in other])
        judged += [(each, threshold) for each in fold]
    return _errors(judged)


def _folds(sample: Sequence[Judged]) -> list[list[Judged]]:
    """Tenths with the same share of answerable questions each, drawn at random."""
    order = np.random.default_rng(SEED).permutation(len(sample))
    drawn = sorted((sample[place] for place in order), key=lambda each: each.is_answerable)
    return [drawn[first::FOLDS] for first in range(FOLDS)]


def _errors(judged: Sequence[tuple[Judged, float]]) -> Errors:
    answered = [each.evidence >= threshold for each, threshold in judged if not each.is_answerable]
    refused = [each.evidence < threshold for each, threshold in judged if each.is_answerable]
    return Errors(rate(answered), rate(refused))
