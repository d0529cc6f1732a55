"""Embedding alone, the floor of ingestion: reads files, cuts them and keeps nothing of it.

One passage at a time: on one core, larger batches are slower with this model.
"""

import asyncio
import sys
from pathlib import Path

from app.core.embeddings import create_embedder
from app.documents.chunking import embedding_text, split
from settings import Settings


async def embed(paths: list[Path]) -> None:
    """Embeds every passage of these files."""
    embedder = create_embedder(Settings())
    for path in paths:
        for chunk in split(path.read_text(), embedder.tokenizer, title=path.stem):
            await embedder.embed_passages([embedding_text(path.stem, chunk)])


if __name__ == "__main__":
    asyncio.run(embed([Path(each) for each in sys.argv[1:]]))
