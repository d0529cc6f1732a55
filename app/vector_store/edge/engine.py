"""The Edge shard of a collection: kept in one thread, and replaced by optimized copies of itself.

Edge is synchronous and its calls hold the GIL, so each should be short, and one thread runs them
all: more would gain nothing, and in one nothing can happen between a query and the next.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from qdrant_edge import EdgeConfig, EdgeShard, UpdateOperation

from app.core.exceptions import ConfigurationError, RetrievalUnavailable
from app.vector_store.edge.folder import EdgeFolder
from app.vector_store.edge.optimizer import optimize_shard

T = TypeVar("T")

logger = logging.getLogger(__name__)


class EdgeEngine:
    """Runs calls on the shard, off the event loop, and optimizes it after many updates."""

    def __init__(self, folder: EdgeFolder, config: EdgeConfig, optimize_after: int) -> None:
        self._folder = folder
        self._config = config
        self._optimize_after = optimize_after
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="edge")
        self._writing = asyncio.Lock()
        self._optimizing: asyncio.Task[None] | None = None
        self._missed: list[UpdateOperation] | None = None  # by the copy that is being optimized
        self._unoptimized = 0
        self._closed = False

    @classmethod
    async def start(cls, folder: EdgeFolder, config: EdgeConfig, optimize_after: int) -> Self:
        """Loads the current shard of a folder that this process has locked."""
        engine = cls(folder, config, optimize_after)
        engine._shard = await engine._call(lambda: _load(folder, config))
        info = await engine.run(EdgeShard.info)
        # Each point has two vectors, of which BM25's are always indexed.
        engine._unoptimized = 2 * info.points_count - info.indexed_vectors_count
        engine._optimize_if_due(info.points_count)
        return engine

    async def run(self, call: Callable[[EdgeShard], T]) -> T:
        """What a call on the shard returns."""
        if self._closed:
            raise RetrievalUnavailable
        return await self._call(lambda: call(self._shard))

    async def update(self, operation: UpdateOperation, points: int = 0) -> None:
        """Applies an operation that writes so many points; `sync()` makes it durable."""
        async with self._writing:
            await self.run(lambda shard: shard.update(operation))
            self._unoptimized += points
            if self._missed is not None:
                self._missed.append(operation)

    async def sync(self) -> None:
        """Returns when what was written would survive a power cut."""
        async with self._writing:
            await asyncio.to_thread(self._folder.sync_log)
        self._optimize_if_due(await self.run(lambda shard: shard.info().points_count))

    async def optimized(self) -> None:
        """Returns when no optimization is under way."""
        if self._optimizing is not None:
            await asyncio.wait([self._optimizing])

    async def close(self) -> None:
        """Breaks off an optimization and writes everything to disk; again, it does nothing."""
        async with self._writing:  # no copy is half made
            if self._optimizing is not None:
                self._optimizing.cancel()
        await self.optimized()
        async with self._writing:
            if not self._closed:
                await self.run(EdgeShard.flush)
                await self.run(EdgeShard.close)
            self._closed = True
            await asyncio.to_thread(self._thread.shutdown)

    async def _call(self, call: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, call)

    def _optimize_if_due(self, points: int) -> None:
        due = self._unoptimized >= max(self._optimize_after, points // 10)
        if due and (self._optimizing is None or self._optimizing.done()):
            self._unoptimized = 0
            self._optimizing = asyncio.create_task(self._optimize())

    async def _optimize(self) -> None:
        """Puts an optimized copy in the shard's place; on failure all stays as it is."""
        try:
            copy = await self._copy()
            await optimize_shard(copy)
            await self._replace_by(copy)
        except Exception:
            logger.exception("The search index could not be optimized; searches are slower")
        finally:
            self._missed = None
            await self._call(self._folder.sweep)

    async def _copy(self) -> Path:
        async with self._writing:
            await self.run(EdgeShard.flush)
            copy = await asyncio.to_thread(self._folder.copy_shard)
            self._missed = []
        return copy

    async def _replace_by(self, copy: Path) -> None:
        shard = await self._call(lambda: EdgeShard.load(str(copy), self._config))
        async with self._writing:
            for operation in self._missed or ():
                await self._call(partial(shard.update, operation))
            await self._call(shard.flush)
            await self._call(partial(self._folder.make_current, copy))
            self._shard, replaced = shard, self._shard
            self._missed = None
        await self._call(replaced.close)


def _load(folder: EdgeFolder, config: EdgeConfig) -> EdgeShard:
    try:
        return EdgeShard.load(str(folder.current), config)
    except Exception as error:  # the engine's errors have no class of their own
        raise ConfigurationError(
            f"The vectors in {folder.path} cannot be read ({error}): delete that folder and run "
            "`brag reindex`."
        ) from error
