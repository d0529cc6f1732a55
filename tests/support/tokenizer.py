"""The tokenizer that the product ships, without the embedding model."""

from tokenizers import Tokenizer

from app.embeddings.models import MINILM


def packaged_tokenizer() -> Tokenizer:
    """A tokenizer that neither truncates nor pads."""
    tokenizer = Tokenizer.from_file(str(MINILM / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
