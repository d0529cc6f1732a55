"""The measurement itself: what is not linear is found, and what is linear is not."""

import re
from functools import partial
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.growth import superlinear_growth
from tests.support.hostile import Repeated
from tests.support.modules import find_functions, find_made_patterns, find_patterns
from tests.support.pattern_attacks import attacks_on

PLANTED = """
import re

HIDDEN = {"of words": [re.compile("(a*)*b")]}

class Reader:
    WORD = re.compile("a*b")

def clean(text: str) -> str:
    return re.sub(r"\\s+$", "", text)

def search(text: str, word: str) -> bool:
    return re.search(f"{word}+", text) is not None

def pairs(text: str) -> int:
    return sum(one == other for one in text for other in text)
"""


@pytest.fixture
def planted(tmp_path: Path) -> ModuleType:
    """A module in which not everything is linear."""
    (tmp_path / "planted.py").write_text(PLANTED)
    spec = spec_from_file_location("planted", tmp_path / "planted.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_found(pattern: str) -> bool:
    """Whether a regular expression is found to take more than linear time."""
    search = re.compile(pattern).search
    return any(
        superlinear_growth(lambda size, text=text: partial(search, text(size)), 500, 0.0015)  # type: ignore[misc]  # mypy knows no such lambda
        for text in attacks_on(re.compile(pattern))
    )


class TestGrowth:
    """What takes more than linear time, and what does not."""

    @pytest.mark.parametrize(
        "pattern",
        [
            *(r"\s+$", r"(a+)+b", r"\d+\.\d+", r"(?:-[a-z]+)+$", r"=\s*\d*\s*-", r"\[[^]]*\]\("),
        ],
    )
    def test_slow_patterns_are_found(self, pattern: str) -> None:
        """Patterns that take quadratic or exponential time are found."""
        assert is_found(pattern)

    @pytest.mark.parametrize(
        "pattern",
        [r"\s++", r"(?<![a-z])[a-z]+@", r"[a-z]+", r"\w+|\d+", r'"[^"]*+"', r"a{1,20}b", r"^\s+"],
    )
    def test_quick_patterns_are_not(self, pattern: str) -> None:
        """Patterns that take linear time are left alone."""
        assert not is_found(pattern)

    def test_nothing_hides(self, planted: ModuleType) -> None:
        """Patterns in containers, in classes and in calls are found, and functions of a text."""
        patterns = {use.pattern.pattern for use in find_patterns([planted])}
        assert patterns == {"(a*)*b", "a*b", r"\s+$"}
        assert find_made_patterns([planted]) == {"planted.search"}
        assert find_functions([planted]).keys() == {"planted.clean", "planted.pairs"}

    def test_slow_function_is_found(self, planted: ModuleType) -> None:
        """A function that takes quadratic time is found."""
        function, _ = find_functions([planted])["planted.pairs"]
        text = Repeated("a")
        assert superlinear_growth(lambda size: partial(function, text(size)), 200, 0.002)
