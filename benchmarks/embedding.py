"""Embedding alone, the floor of ingestion: reads files, cuts them and keeps nothing of it.

One passage at a time: on one core, larger batches are slower with this model.
"""

import asyncio
import sys
from pathlib import Path

from app.documents.ingestion.chunking import embedding_text, split
from app.embeddings.embedder import create_embedder
from settings import Settings


async def embed(paths: list[Path]) -> None:
    """Embeds every passage of these files."""
    embedder = create_embedder(Settings())
    for path in paths:
        for passage in split(path.read_text(), embedder.tokenizer, title=path.stem):
            text = embedding_text(path.stem, passage.headings, passage.text)
            await embedder.embed_passages([text])


if __name__ == "__main__":
    asyncio.run(embed([Path(argument) for argument in sys.argv[1:]]))
