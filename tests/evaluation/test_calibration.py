"""The threshold from which questions are answered, and what goes wrong at it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.calibration import (
    ErrorRates,
    LabelledEvidence,
    best_threshold,
    calibrate,
    cross_validate,
    error_rates_at,
    store_calibration,
)
from evaluation.exceptions import UnusableSet
from tests.support.knowledge import Knowledge

EVIDENCE = st.floats(-1, 1)
SAMPLES = st.tuples(
    st.lists(EVIDENCE, min_size=10, max_size=30), st.lists(EVIDENCE, min_size=10, max_size=30)
)


def sample_of(answerable: list[float], unanswerable: list[float]) -> list[LabelledEvidence]:
    """Questions with so much evidence."""
    return [LabelledEvidence(evidence, is_answerable=True) for evidence in answerable] + [
        LabelledEvidence(evidence, is_answerable=False) for evidence in unanswerable
    ]


def shares(errors: ErrorRates) -> tuple[float, float]:
    """The false answers and false refusals."""
    assert errors.false_answers
    assert errors.false_refusals
    return errors.false_answers.value, errors.false_refusals.value


class TestErrorRatesAt:
    """What goes wrong at a threshold."""

    SAMPLE = sample_of([0.3, 0.5, 0.6, 0.9], [0.1, 0.5])

    def test_evidence_at_the_threshold_is_answered(self) -> None:
        """A question whose evidence equals the threshold is answered."""
        assert shares(error_rates_at(0.5, self.SAMPLE)) == (0.5, 0.25)

    def test_lowest_threshold_refuses_nothing(self) -> None:
        """The lowest threshold refuses nothing."""
        assert shares(error_rates_at(-1, self.SAMPLE)) == (1, 0)

    def test_nothing_is_said_of_questions_that_are_not_there(self) -> None:
        """Without unanswerable questions nothing is said of false answers."""
        assert error_rates_at(0.5, sample_of([0.9], [])).false_answers is None


class TestBestThreshold:
    """The recommended threshold."""

    def test_faultless_threshold_is_recommended(self) -> None:
        """Where a threshold makes no error, it is recommended."""
        sample = sample_of([0.61, 0.7, 0.8], [0.1, 0.2, 0.59])
        assert shares(error_rates_at(best_threshold(sample), sample)) == (0, 0)

    @pytest.mark.parametrize(
        ("answerable", "unanswerable", "expected"),
        [
            ([0.3, 0.5, 0.9, 0.9], [0.3, 0.3, 0.5, 0.8], 0.85),
            ([0.3, 0.5, 0.9, 0.9], [0.3, 0.3, 0.5, 0.95], 0.4),
            ([0.745, 0.9], [0.2, 0.6], 0.672),
            ([0.2001, 0.9], [0.2, 0.1], 0.2001),
        ],
        ids=["sum", "lowest", "middle of a range", "narrow range"],
    )
    def test_fewest_errors_win_then_the_lowest_threshold(
        self, answerable: list[float], unanswerable: list[float], expected: float
    ) -> None:
        """Of equally good thresholds those with the fewest errors are best, then the lowest.

        Of a range of them the middle is taken.
        """
        assert best_threshold(sample_of(answerable, unanswerable)) == expected

    @given(SAMPLES)
    def test_no_threshold_is_better(self, evidence: tuple[list[float], list[float]]) -> None:
        """No threshold has a smaller larger share of errors."""
        sample = sample_of(*evidence)
        best = max(shares(error_rates_at(best_threshold(sample), sample)))
        grid = {question.evidence for question in sample}
        assert best == pytest.approx(
            min(max(shares(error_rates_at(threshold, sample))) for threshold in grid)
        )


class TestCrossValidate:
    """What to expect of new questions."""

    def test_evidence_that_says_nothing_errs_half_the_time(self) -> None:
        """Where evidence says nothing, half of everything goes wrong, whatever luck is here."""
        random = np.random.default_rng(1)
        sample = sample_of(list(random.random(500)), list(random.random(500)))
        assert shares(cross_validate(sample)) == pytest.approx((0.5, 0.5), abs=0.1)

    def test_evidence_that_says_everything_errs_never(self) -> None:
        """Where evidence says everything, nothing goes wrong."""
        sample = sample_of([0.8 + n / 100 for n in range(20)], [n / 100 for n in range(20)])
        assert shares(cross_validate(sample)) == pytest.approx((0, 0), abs=0.051)

    def test_no_question_judges_itself(self) -> None:
        """No question has a say in the threshold that it is judged by."""
        sample = sample_of([*[0.9] * 9, 0.3], [0.1] * 10)
        assert shares(error_rates_at(best_threshold(sample), sample)) == (0, 0)
        assert shares(cross_validate(sample)) == (0, 0.1)


class TestCalibrate:
    """A calibration as a whole."""

    def test_calibration_counts_its_questions(self) -> None:
        """A calibration says how many questions of either kind it rests on."""
        calibration = calibrate(sample_of([0.9] * 12, [0.1] * 10))
        assert (calibration.answerable, calibration.unanswerable) == (12, 10)
        assert calibration.threshold == 0.5
        assert shares(calibration.expected) == (0, 0)

    def test_few_questions_are_refused(self) -> None:
        """A handful of questions is no ground for a threshold."""
        with pytest.raises(UnusableSet, match=r"at least 10 answerable .* 12 and 9"):
            calibrate(sample_of([0.9] * 12, [0.1] * 9))


class TestStoreCalibration:
    """A calibration in the database."""

    async def test_figures_stand_beside_the_last_threshold(self, knowledge: Knowledge) -> None:
        """Beside the last threshold stands what to expect of it, on how many questions."""
        earlier = calibrate(sample_of([0.8] * 10, [0.2] * 10))
        last = calibrate(sample_of([*[0.9] * 19, 0.4], [0.1] * 30))
        await store_calibration(knowledge.database, "a", earlier)
        await store_calibration(knowledge.database, "a", last)
        assert await knowledge.sql(
            "SELECT embedding_model, threshold, false_answers, false_refusals, answerable,"
            " unanswerable FROM calibration"
        ) == [("a", 0.25, 0, 0.05, 20, 30)]
