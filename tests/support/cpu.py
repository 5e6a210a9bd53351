"""Bounds on the work of a test in seconds of CPU: other work on the machine does not use them up."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil


@contextmanager
def cpu_within(seconds: float) -> Iterator[None]:
    """Fails when what it encloses uses more CPU time of this process, all threads together."""
    began = time.process_time()
    yield
    used = time.process_time() - began
    assert used < seconds, f"{used:.2f} s of CPU, {seconds:g} allowed"


@contextmanager
def children_cpu_within(seconds: float) -> Iterator[None]:
    """The same for the CPU time of the processes that this one started, those that have ended and those that run."""
    began = _of_children()
    yield
    used = _of_children() - began
    assert used < seconds, f"{used:.2f} s of CPU in child processes, {seconds:g} allowed"


def _of_children() -> float:
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = ended.ru_utime + ended.ru_stime
    for child in psutil.Process().children(recursive=True):
        try:
            times = child.cpu_times()
        except psutil.NoSuchProcess:
            continue
        used += times.user + times.system + times.children_user + times.children_system
    return used
