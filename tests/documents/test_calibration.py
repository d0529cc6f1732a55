"""The threshold from which questions are answered, and what goes wrong at it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.calibration import (
    Errors,
    Judged,
    calibrate,
    cross_validate,
    errors_at,
    recommend,
)
from app.documents.exceptions import UnusableSet

EVIDENCE = st.floats(-1, 1)
SAMPLES = st.tuples(
    st.lists(EVIDENCE, min_size=10, max_size=30), st.lists(EVIDENCE, min_size=10, max_size=30)
)


def sample_of(answerable: list[float], unanswerable: list[float]) -> list[Judged]:
    """Questions with so much evidence."""
    return [Judged(each, is_answerable=True) for each in answerable] + [
        Judged(each, is_answerable=False) for each in unanswerable
    ]


def shares(errors: Errors) -> tuple[float, float]:
    """The false answers and false refusals."""
    assert errors.false_answers
    assert errors.false_refusals
    return errors.false_answers.value, errors.false_refusals.value


class TestErrorsAt:
    """What goes wrong at a threshold."""

    SAMPLE = sample_of([0.3, 0.5, 0.6, 0.9], [0.1, 0.5])

    def test_shares(self) -> None:
        """A question with as much evidence is answered."""
        assert shares(errors_at(0.5, self.SAMPLE)) == (0.5, 0.25)

    def test_answers_everything(self) -> None:
        """The lowest threshold refuses nothing."""
        assert shares(errors_at(-1, self.SAMPLE)) == (1, 0)

    def test_one_kind(self) -> None:
        """Without unanswerable questions nothing is said of false answers."""
        assert errors_at(0.5, sample_of([0.9], [])).false_answers is None


class TestRecommend:
    """The recommended threshold."""

    def test_separable(self) -> None:
        """Where a threshold makes no error, it is recommended."""
        sample = sample_of([0.61, 0.7, 0.8], [0.1, 0.2, 0.59])
        assert shares(errors_at(recommend(sample), sample)) == (0, 0)

    @pytest.mark.parametrize(
        ("answerable", "unanswerable", "expected"),
        [
            ([0.3, 0.5, 0.9, 0.9], [0.3, 0.3, 0.5, 0.8], 0.9),
            ([0.3, 0.5, 0.9, 0.9], [0.3, 0.3, 0.5, 0.95], 0.5),
        ],
        ids=["sum", "lowest"],
    )
    def test_equal(
        self, answerable: list[float], unanswerable: list[float], expected: float
    ) -> None:
        """Of equally good ones it has the smaller sum of errors, else it is the lowest."""
        assert recommend(sample_of(answerable, unanswerable)) == expected

    @given(SAMPLES)
    def test_best(self, evidence: tuple[list[float], list[float]]) -> None:
        """No threshold on the grid has a smaller larger share of errors."""
        sample = sample_of(*evidence)
        best = max(shares(errors_at(recommend(sample), sample)))
        grid = {np.floor(each.evidence * 1000) / 1000 for each in sample}
        assert best == pytest.approx(min(max(shares(errors_at(each, sample))) for each in grid))


class TestCrossValidate:
    """What to expect of new questions."""

    def test_chance(self) -> None:
        """Where evidence says nothing, half of everything goes wrong, whatever luck is here."""
        random = np.random.default_rng(1)
        sample = sample_of(list(random.random(500)), list(random.random(500)))
        assert shares(cross_validate(sample)) == pytest.approx((0.5, 0.5), abs=0.1)

    def test_separable(self) -> None:
        """Where evidence says everything, nothing goes wrong."""
        sample = sample_of([0.8 + n / 100 for n in range(20)], [n / 100 for n in range(20)])
        assert shares(cross_validate(sample)) == pytest.approx((0, 0), abs=0.051)

    def test_not_seen(self) -> None:
        """No question has a say in the threshold that it is judged by."""
        sample = sample_of([*[0.9] * 9, 0.5], [0.1] * 10)
        assert shares(errors_at(recommend(sample), sample)) == (0, 0)
        assert shares(cross_validate(sample)) == (0, 0.1)


class TestCalibrate:
    """The whole."""

    def test_counts(self) -> None:
        """It says how many questions of each kind it rests on."""
        calibration = calibrate(sample_of([0.9] * 12, [0.1] * 10))
        assert (calibration.answerable, calibration.unanswerable) == (12, 10)
        assert calibration.threshold == 0.9
        assert shares(calibration.expected) == (0, 0)

    def test_too_few(self) -> None:
        """A handful of questions is no ground for a threshold."""
        with pytest.raises(UnusableSet, match=r"at least 10 answerable .* 12 and 9"):
            calibrate(sample_of([0.9] * 12, [0.1] * 9))
