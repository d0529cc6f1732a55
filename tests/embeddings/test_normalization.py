"""What the embedding model reads of a text."""

import pytest

from app.embeddings.embedder import Embedder


class TestReadCompatibilityForms:
    """Compatibility forms, as the model reads them."""

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("an e\ufb03cient oven", "an efficient oven"),
            ("the \uff21\uff30\uff29", "the API"),
            ("co\xadop\u200beration", "cooperation"),
            ("CO₂ in the air", "CO2 in the air"),
        ],
        ids=["ligature", "full width", "invisible", "lowered number"],
    )
    async def test_forms_are_read_as_their_letters(
        self, embedder: Embedder, written: str, read: str
    ) -> None:
        """A form that looks the same has the same vector, as passage and as question."""
        [passage] = await embedder.embed_passages([written])
        assert passage.tolist() == (await embedder.embed_query(read)).tolist()

    def test_power_is_no_number_of_its_own(self, embedder: Embedder) -> None:
        """A power is not read as further digits."""
        tokens = embedder.tokenizer.encode("10⁶", add_special_tokens=False).tokens
        assert tokens == ["10", "^", "6"]

    def test_offsets_are_those_of_the_text(self, embedder: Embedder) -> None:
        """Whatever a character stands for, offsets count it once."""
        text = "\ufb03 oven"
        offsets = embedder.tokenizer.encode(text, add_special_tokens=False).offsets
        assert text[slice(*offsets[-1])] == "oven"
