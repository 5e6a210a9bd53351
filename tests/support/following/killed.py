"""`notices follow` in a process of its own that is killed (kill -9) at its n-th write: before it, or in the middle of it.

    python -m tests.support.following.killed COUNT_FILE N HALF follow URL ...

N 0: nobody is killed, and COUNT_FILE gets the number of writes.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.archive_home import ROOT, Home


def writes_of(home: Home, file: Path, *words: str) -> int:
    """How many writes an undisturbed run makes."""
    done = _run(home, file, 0, False, *words)
    assert done.returncode == 0, done.stderr
    return int(file.read_text())


def killed_at(home: Home, file: Path, n: int, half: bool, *words: str) -> None:
    """Let a run die at its n-th write."""
    done = _run(home, file, n, half, *words)
    assert done.returncode == -signal.SIGKILL, f"{n}: exit {done.returncode}\n{done.stderr}"


def _run(home: Home, file: Path, n: int, half: bool, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.support.following.killed", str(file), str(n), str(int(half)), *words]
    return subprocess.run(command, env=home.environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def _main() -> int:
    from sqlalchemy import Engine, event

    from cli.main import main

    file, at, half, passed = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "1", 0

    def count() -> bool:
        nonlocal passed
        passed += 1
        return passed == at

    def watched(name: str) -> None:
        plain = getattr(os, name)

        def call(*args: Any, **more: Any) -> Any:
            if count():
                if half and name == "pwrite":
                    plain(args[0], bytes(args[1])[: len(args[1]) // 2], args[2])
                os.kill(os.getpid(), signal.SIGKILL)
            return plain(*args, **more)

        setattr(os, name, call)

    for name in ("pwrite", "fsync", "replace"):
        watched(name)

    @event.listens_for(Engine, "commit")
    def _commit(_connection: object) -> None:
        if count():
            os.kill(os.getpid(), signal.SIGKILL)

    code = main(sys.argv[4:])
    file.write_text(str(passed))
    return code


if __name__ == "__main__":
    sys.exit(_main())
