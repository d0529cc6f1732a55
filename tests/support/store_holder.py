"""A process that holds an Edge store: it writes a point at a time, and says so, until it is killed.

`python -m tests.support.store_holder FOLDER`
"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from app.vector_store.edge.store import EdgeVectorStore
from tests.support.points import DENSE, point


async def hold(folder: Path) -> None:
    """Writes points 1, 2, 3, …, and each number once its point is durable."""
    store = await EdgeVectorStore.open(folder, DENSE)
    for number in count(1):
        await store.upsert([point(number)])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(hold(Path(sys.argv[1])))
