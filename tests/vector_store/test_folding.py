"""What people read as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vector_store.folding import fold


class TestFold:
    """Folded texts."""

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("e\ufb03cient", "efficient"),
            ("co\xadop\u200beration", "cooperation"),
            ("\uff21\uff22\uff11", "AB1"),
            ("Zoë Brontë", "zoe bronte"),
            ("Zoe\u0308", "Zoë"),
            ("Łódź, Ørsted, STRASSE", "lodz, orsted, straße"),
            ("\u0130zmir \u0131s\u0131", "izmir isi"),
            ("PX\u20117731", "px-7731"),
            ("don\u2019t", "don't"),
            ("CO₂, H₂O", "CO2, H2O"),
            ("50 m², 3 km²", "50 m2, 3 km2"),
            ("50 m^2", "50 m2"),
            ("دَرْس", "درس"),
            ("٣٤", "34"),
            ("בית־ספר", "בית-ספר"),
            ("ｶﾞｲﾄﾞ", "ガイド"),
        ],
    )
    def test_ways_of_writing_are_the_same(self, written: str, read: str) -> None:
        """What people read as the same is the same."""
        assert fold(written) == fold(read)

    @pytest.mark.parametrize(
        ("written", "other"),
        [
            ("10⁶", "106"),
            ("contract¹", "contract1"),
            ("3½", "31/2"),
            ("か", "が"),
            ("กา", "ก่า"),
            ("कि", "की"),
        ],
        ids=["power", "note", "fraction", "Japanese", "Thai", "Hindi"],
    )
    def test_other_things_stay_apart(self, written: str, other: str) -> None:
        """Powers, marks of notes, fractions, and signs that are letters of their own stay."""
        assert fold(written) != fold(other)

    @given(st.text())
    def test_folded_text_stays(self, text: str) -> None:
        """What is folded has nothing left that case would change."""
        assert fold(text) == fold(text).casefold()
