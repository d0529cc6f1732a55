"""What is slow to start, and therefore started once for all tests of a session."""

from functools import cache

from app.documents.ingestion.parser_process import Parser
from app.embeddings.embedder import Embedder, create_embedder
from settings import Settings


@cache
def shared_embedder() -> Embedder:
    """The packaged embedding model."""
    return create_embedder(Settings())


@cache
def shared_parser() -> Parser:
    """A parser, whose process starts with the first document."""
    return Parser(shared_embedder().tokenizer)


async def close_shared() -> None:
    """Closes what was started."""
    if shared_parser.cache_info().currsize:
        await shared_parser().close()
    if shared_embedder.cache_info().currsize:
        shared_embedder().close()
