"""What the tests of the parser process share."""

from collections.abc import AsyncIterator

import pytest

from app.documents.ingestion.parser_process import Parser
from app.embeddings.embedder import Embedder


@pytest.fixture
async def own(embedder: Embedder) -> AsyncIterator[Parser]:
    """A parser whose process a test may ruin."""
    parser = Parser(embedder.tokenizer)
    yield parser
    await parser.close()
