"""Faults on purpose in the program's own processes: the k-th change of a file fails, or the process dies at a named point.

Tests put a sitecustomize.py that calls `arm` on PYTHONPATH (see `hooked`), so the real commands and the workers that they start
run unchanged but for this. What to do stands in the FAULT variable:

    count                          note every change of a file under FAULT_HOME in FAULT_LOG
    fail:ROLE:K:ERRNO:once         the K-th change in the process of that role (main, worker) fails once
    fail:ROLE:K:ERRNO:lasting      from the K-th on, and in every later process, nothing can grow any more
    kill:POINT:SIDE:N:family|self  SIGKILL at the N-th passing of a named point (tests/support/faults/inject/points.py); `points` only notes them
    began                          note every process, so that all can be killed from outside
"""

from __future__ import annotations

import builtins
import errno
import io
import os
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[4]
GROWING = frozenset({"write", "pwrite", "create", "mkdir"})
_FILE_POINTS = (
    ("record write", "pwrite", re.compile(r"/warc/[^/]*\.open$")),
    ("warc fsync", "fsync", re.compile(r"/warc/[^/]*\.open$")),
    ("tail write", "pwrite", re.compile(r"/warc/[^/]*\.tail$")),
    ("manifest write", "replace", re.compile(r"/warc/[^/]*\.json$")),
    ("next file", "replace", re.compile(r"/warc/[^/]*\.open$")),
    ("seal", "replace", re.compile(r"/warc/[^/]*\.warc\.gz$")),
    ("index contents", "rename", re.compile(r"\.toc$")),
    ("rebuild swap", "replace", re.compile(r"/index/current$")),
)
_write, _pwrite, _open, _readlink, _statvfs = os.write, os.pwrite, os.open, os.readlink, os.statvfs


@dataclass
class Fault:
    """What this process is to suffer, and what it has met so far."""

    words: list[str]
    home: str
    role: str
    log: Path
    met: int = 0
    passed: Counter[tuple[str, str]] = field(default_factory=Counter)
    full: bool = False
    parent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, environment: Mapping[str, str], role: str) -> None:
        """Take the task from the environment, as a new process."""
        self.words, self.home = environment.get("FAULT", "off").split(":"), environment.get("FAULT_HOME", "/nowhere")
        self.log, self.role, self.met = Path(environment.get("FAULT_LOG", "/nowhere")), role, 0
        self.full = self.words[-1] == "lasting" and self.log.exists()
        self.parent = int(environment.get("FAULT_PARENT", os.getppid()))
        if self.words[0] in ("began", "kill"):
            self.note(f"began {role} {os.getpid()}")

    def change(self, kind: str, path: str) -> int:
        """The number of the error with which this change of a file fails, 0 when it goes through."""
        if not path.startswith(self.home) or self.words[0] not in ("count", "fail"):
            return 0
        with self.lock:
            self.met += 1
            if self.words[0] == "count":
                self.note(f"{self.role} {self.met} {kind} {path.removeprefix(self.home)}")
                return 0
            return self._failing(kind, path)

    def _failing(self, kind: str, path: str) -> int:
        _word, role, at, name, how = self.words
        hit = self.role == role and self.met == int(at)
        if hit:
            self.note(f"failed {self.role} {self.met} {kind} {path.removeprefix(self.home)}")
        self.full = self.full or hit
        fails = hit or (how == "lasting" and self.full and kind in GROWING)
        return int(getattr(errno, name)) if fails else 0

    def point(self, name: str, side: str) -> bool:
        """Pass a named point; die when it is the one. True when only half of what follows is to be done before."""
        if self.words[0] == "points":
            self.note(f"{self.role} {name} {side}")
        if self.words[0] != "kill" or self.words[1] != name:
            return False
        self.passed[name, side] += 1
        if self.passed[name, side] != int(self.words[3]) or self.words[2] not in (side, "half"):
            return False
        if self.words[2] == "half":
            return side == "before"
        self.die(name, side)
        return False

    def die(self, name: str, side: str) -> None:
        """End as by kill -9, the parent first where the whole family is to go."""
        self.note(f"killed {self.role} {name} {side}")
        if self.words[4] == "family" and self.role == "worker":
            os.kill(self.parent, signal.SIGKILL)
        os.kill(os.getpid(), signal.SIGKILL)

    def note(self, line: str) -> None:
        """A line into the log."""
        descriptor = _open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        _write(descriptor, f"{line}\n".encode())
        os.close(descriptor)


def hooked(folder: Path, fault: str, home: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which every Python process of the archive suffers the fault; what was met is in folder/log."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(
        "import tests.support.faults.inject.hooks\ntests.support.faults.inject.hooks.arm()\n", encoding="ascii"
    )
    more = {"FAULT": fault, "FAULT_HOME": str(home), "FAULT_LOG": str(folder / "log"), "PYTHONDONTWRITEBYTECODE": "1"}
    return {**environment, **more, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def noted(folder: Path) -> list[str]:
    """What the processes noted."""
    log = folder / "log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def arm() -> Fault:
    """Wrap this process's ways to change files, and the named functions, as FAULT says."""
    fault = Fault([], "", "", Path())
    fault.begin(os.environ, "worker" if "operations.crawl_run" in sys.orig_argv else "main")
    _wrap_os(fault)
    if fault.words[0] in ("kill", "points", "off"):
        from tests.support.faults.inject.points import wrap_functions

        wrap_functions(fault)
    if fault.words[0] in ("kill", "points", "began"):
        return fault
    _wrap_open(fault)
    from tests.support.faults.inject.sqlite import wrap_sqlite

    wrap_sqlite(fault.change)
    return fault


def path_of(descriptor: int) -> str:
    """What a descriptor is open on; nothing for one that is not open."""
    try:
        return _readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return ""


def _path(where: Any, dir_fd: int | None = None) -> str:
    if isinstance(where, int):
        return path_of(where)
    base = path_of(dir_fd) if dir_fd is not None else ""
    return os.path.abspath(os.path.join(base, os.fsdecode(where)))


def _wrap_os(fault: Fault) -> None:
    for name in ("write", "pwrite", "fsync", "fdatasync", "ftruncate", "truncate", "unlink", "remove", "mkdir"):
        setattr(os, name, _wrapped(fault, name, getattr(os, name), 0))
    for name in ("rename", "replace"):
        setattr(os, name, _wrapped(fault, name, getattr(os, name), 1))
    os.open = _wrapped_open(fault)
    os.statvfs = lambda path: _state(fault, path)


def _wrapped(fault: Fault, name: str, real: Callable[..., Any], at: int) -> Callable[..., Any]:
    def call(*args: Any, **more: Any) -> Any:
        path = _path(args[at], more.get("dst_dir_fd" if at else "dir_fd"))
        number = fault.change(name, path)
        if number:
            raise OSError(number, os.strerror(number), path)
        points = [p for p, operation, pattern in _FILE_POINTS if operation == name and pattern.search(path)]
        for point in points:
            if fault.point(point, "before"):
                _half(args)
                fault.die(point, "half")
        done = real(*args, **more)
        for point in points:
            fault.point(point, "after")
        return done

    return call


def _half(args: tuple[Any, ...]) -> None:
    """The first half of a write, as a power cut leaves it."""
    if len(args) == 3:
        _pwrite(args[0], bytes(args[1])[: len(args[1]) // 2], args[2])


def _wrapped_open(fault: Fault) -> Callable[..., int]:
    def call(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        where = _path(path, dir_fd)
        if flags & os.O_CREAT and not os.path.exists(where) and (number := fault.change("create", where)):
            raise OSError(number, os.strerror(number), where)
        return _open(path, flags, mode, dir_fd=dir_fd)

    return call


def _state(fault: Fault, path: Any) -> os.statvfs_result:
    """What the disk says of itself: no space once a write has failed for want of it."""
    values = list(_statvfs(path))
    if fault.full and "ENOSPC" in fault.words:
        values[3] = values[4] = 0
    return os.statvfs_result(values)


def _wrap_open(fault: Fault) -> None:
    real: Callable[..., Any] = io.open

    class Counted(io.FileIO):
        """A file whose writes are counted where they leave the process."""

        def write(self, data: Any) -> int:
            _count(fault, "write", path_of(self.fileno()))
            return super().write(data)

        def truncate(self, size: int | None = None) -> int:
            _count(fault, "ftruncate", path_of(self.fileno()))
            return super().truncate(size)

    def call(file: Any, mode: str = "r", buffering: int = -1, *text: Any, closefd: bool = True, opener: Any = None, **more: Any) -> Any:
        if not set(mode) & set("wax+") or not _path(file).startswith(fault.home):
            return real(file, mode, buffering, *text, closefd=closefd, opener=opener, **more)
        if not isinstance(file, int) and not os.path.exists(file):
            _count(fault, "create", _path(file))
        raw = Counted(file, mode.replace("b", "").replace("t", ""), closefd, opener)
        if buffering == 0:
            return raw
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        return buffered if "b" in mode else io.TextIOWrapper(buffered, *text, **more)

    for module in (io, builtins):
        vars(module)["open"] = call


def _count(fault: Fault, kind: str, path: str) -> None:
    number = fault.change(kind, path)
    if number:
        raise OSError(number, os.strerror(number), path)


def points_of(lines: list[str]) -> Iterator[tuple[str, str, str]]:
    """(role, point, side) of every passing that was noted."""
    for line in lines:
        role, *name, side = line.split()
        yield role, " ".join(name), side
