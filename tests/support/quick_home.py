"""An archive's folder and the commands on it, run in this process: for tests of what commands do to an archive, not of processes."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from unittest.mock import patch

from cli.main import main
from cli.search.command import main as search
from tests.support.archive_home import Home


class QuickHome(Home):
    """A Home whose commands start no process of their own."""

    def run(self, *words: str, check: int | None = 0, timeout: float = 400, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """As Home.run; the time is not bounded."""
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        given = io.TextIOWrapper(io.BytesIO((stdin or "").encode()), encoding="utf-8")
        with (
            patch.dict(os.environ, self.environment, clear=True),
            patch.object(sys, "stdin", given),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            try:
                code = search(words[1:]) if words[0] == "search" else main(words)
            except SystemExit as leave:
                code = leave.code if isinstance(leave.code, int) else 0
        done = subprocess.CompletedProcess(list(words), code, _text(out), _text(err))
        if check is not None:
            assert done.returncode == check, f"{words}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done


def _text(stream: io.TextIOWrapper) -> str:
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8", "replace")
