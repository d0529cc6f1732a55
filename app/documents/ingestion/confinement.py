"""Takes from this process what reading a document does not need, where the platform lets it.

Each of these may be refused, and then the others still hold: macOS has neither namespaces nor
Landlock and refuses to bound the memory (https://github.com/python/cpython/issues/78783);
containers refuse namespaces.
"""

import ctypes
import os
import resource
import sys
import sysconfig
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.core.constants import ROOT

MAX_FILES: Final = 64  # what is imported with a first document of its type opens a few
NEW_USER, NEW_NET = 0x10000000, 0x40000000  # <linux/sched.h>
NO_NEW_PRIVILEGES: Final = 38  # <linux/prctl.h>
# <linux/landlock.h>; the numbers of the calls are the same on every architecture.
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
OF_VERSION: Final = 1
PATH_BENEATH: Final = 1
READ_FILE, READ_FOLDER = 1 << 2, 1 << 3
FILE_RIGHTS: Final = {1: 13, 2: 14, 3: 15, 5: 16}  # how many there are, since which version
TCP: Final = 0b11  # since version 4: to listen, to connect
OUTSIDE: Final = 0b11  # since version 6: abstract sockets and signals of other processes
SINCE_TCP, SINCE_OUTSIDE = 4, 6
LIBRARIES: Final = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "network", "outside")]


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("rights", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def confine() -> None:
    """No network, no files but those of Python and ours, no new files or processes, no dumps."""
    for step in (_leave_network, _leave_files, _leave_processes):
        with suppress(OSError, ValueError, AttributeError):
            step()


def allow(memory_bytes: int, cpu_sec: float) -> None:
    """Bounds the memory of this process, and the time of a core that it takes from now on."""
    _limit(resource.RLIMIT_AS, memory_bytes)
    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime + cpu_sec) + 1)


def _limit(kind: int, most: int) -> None:
    """The soft limit: the next document may be allowed more."""
    with suppress(OSError, ValueError):
        resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def _leave_network() -> None:
    """In a network of its own there is nobody; and nobody else's processes are its user's."""
    _libc("unshare")(NEW_USER | NEW_NET)


def _leave_processes() -> None:
    limits = {
        resource.RLIMIT_CORE: 0,  # it would hold documents
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_NPROC: 0,
        resource.RLIMIT_NOFILE: MAX_FILES,
    }
    for kind, most in limits.items():
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, most))


def _leave_files() -> None:
    """Landlock (https://docs.kernel.org/userspace-api/landlock.html): `.env` is out of reach."""
    call = _libc("syscall")
    version = call(CREATE_RULESET, None, ctypes.c_size_t(0), OF_VERSION)
    rights = (1 << max(bits for since, bits in FILE_RIGHTS.items() if since <= version)) - 1
    ruleset = _Ruleset(
        rights,
        TCP if version >= SINCE_TCP else 0,
        OUTSIDE if version >= SINCE_OUTSIDE else 0,
    )
    size = ctypes.c_size_t(ctypes.sizeof(ruleset))
    rules = call(CREATE_RULESET, ctypes.byref(ruleset), size, 0)
    for path in _readable():
        _let_read(call, rules, path)
    _libc("prctl")(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    call(RESTRICT_SELF, rules, 0)
    os.close(rules)


def _let_read(call: Callable[..., int], rules: int, path: Path) -> None:
    folder = os.open(path, os.O_PATH)
    rule = _PathRule(READ_FILE | (READ_FOLDER if path.is_dir() else 0), folder)
    call(ADD_RULE, rules, PATH_BENEATH, ctypes.byref(rule), 0)
    os.close(folder)


def _readable() -> Iterator[Path]:
    """Where modules and their libraries are, which are loaded when a document needs them."""
    modules = {*map(Path, sys.path), Path(sys.base_prefix, "lib")} - {ROOT}  # it holds `.env`
    installed = {Path(path) for name, path in sysconfig.get_paths().items() if "lib" in name}
    paths = {*modules, *installed, ROOT / "app", *map(Path, LIBRARIES)}
    return (path for path in sorted(paths) if path.exists())


def _libc(name: str) -> Callable[..., int]:
    """A function of the C library that raises OSError where it fails."""
    function = getattr(ctypes.CDLL(None, use_errno=True), name)
    function.restype = ctypes.c_long

    def call(*arguments: object) -> int:
        result: int = function(*arguments)
        if result < 0:
            raise OSError(ctypes.get_errno(), name)
        return result

    return call
