"""A step of a measurement in a process of its own, and the memory it took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import psutil  # type: ignore[import-untyped]

_EVERY_SECONDS = 0.05


def run_step(arguments: list[str]) -> dict[str, Any]:
    """What the step printed, and the highest sum of memory it and its children held; where Linux tells, of mapped files alone too."""
    command = [sys.executable, "-m", "benchmarks.search_scale", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONWARNINGS": "ignore"}) as process:
        peak = files = 0
        while process.poll() is None:
            held, mapped = _memory(process.pid)
            peak, files = max(peak, held), max(files, mapped)
            time.sleep(_EVERY_SECONDS)
        assert process.stdout
        output = process.stdout.read()
    if process.returncode:
        raise SystemExit(f"search_scale: {' '.join(arguments)} ended with {process.returncode}")
    return {**json.loads(output), "peak_mb": peak / 1e6, "peak_files_mb": files / 1e6}


def _memory(pid: int) -> tuple[int, int]:
    try:
        root = psutil.Process(pid)
        infos = [each.memory_info() for each in (root, *root.children(recursive=True))]
    except psutil.Error:  # it ended between two looks
        return 0, 0
    return sum(info.rss for info in infos), sum(getattr(info, "shared", 0) for info in infos)
