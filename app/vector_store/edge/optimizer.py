"""Builds the search graph of an Edge shard in a process of its own: `python FILE SHARD`.

`EdgeShard.optimize()` holds the GIL until it is done, 25 seconds at 50,000 points: in the
server's process no request would be answered meanwhile.
"""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from qdrant_edge import EdgeShard


async def optimize_shard(shard: Path) -> None:
    """Optimizes a shard that no process has open; a cancelled call leaves no process behind."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        __file__,
        str(shard),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for the server, which then ends this
    )
    try:
        _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"Optimizing {shard} failed: {complaint.decode(errors='replace')}")


def main(path: str) -> None:
    """Optimizes the shard at `path`, giving way to everything else on the machine."""
    os.nice(10)
    shard = EdgeShard.load(path)
    shard.optimize()
    shard.close()


if __name__ == "__main__":
    main(sys.argv[1])
