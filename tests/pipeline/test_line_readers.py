"""Lines read by several processes: the same as by one, in their order, and a process that ends costs its line alone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import NamedTuple

import psutil
import pytest

from notices.errors import OperatorError
from pipeline import line_readers
from pipeline.imports import ImportedLine
from pipeline.line_readers import LineReaders, ReadLine, Unread

FATAL = """
import os, sys
from pipeline import line_readers
read = line_readers._read
line_readers._read = lambda line, region: os.kill(os.getpid(), 9) if line.title == "致命" else read(line, region)
line_readers.serve(line_readers.Connection(int(sys.argv[1])))
"""


class Item(NamedTuple):
    line: ImportedLine
    region: str | None = None


def items(count: int, fatal: int | None = None) -> list[Item]:
    return [
        Item(
            ImportedLine(
                f"http://a.example/{n}", "致命" if n == fatal else f"关于第{n}件事的通知", f"各县区：\n请做好第{n}项工作。\n" * (n % 7 + 1)
            )
        )
        for n in range(count)
    ]


def read(jobs: int, some: list[Item], alone: int = 0) -> list[tuple[Item, ReadLine | Unread]]:
    with LineReaders[Item](jobs, alone) as readers:
        return list(readers.read(some))


@pytest.mark.parametrize("alone", [0, 200])
def test_lines_are_read_alike_by_any_number_of_processes(alone: int) -> None:
    some = items(70)
    assert read(3, some, alone) == read(1, some)


def test_line_during_which_its_process_ends_is_unread_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_readers, "_PROGRAM", FATAL)
    some = items(70, fatal=21)
    found = read(2, some)
    assert [item for item, _ in found] == some
    assert [item.line.url for item, each in found if isinstance(each, Unread)] == ["http://a.example/21"]
    assert isinstance(found[21][1], Unread)
    assert "signal 9" in found[21][1].reason


def test_process_that_somebody_ends_costs_nothing() -> None:
    some, ended = items(200), list[int]()

    def feeding() -> Iterator[Item]:
        for n, item in enumerate(some):
            if n == 150:
                for child in psutil.Process().children():
                    os.kill(child.pid, signal.SIGKILL)
                    ended.append(child.pid)
            yield item

    with LineReaders[Item](2) as readers:
        found = list(readers.read(feeding()))
    assert ended
    assert found == read(1, some)


def test_process_that_cannot_start_is_an_error_of_the_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_readers, "_PROGRAM", "raise SystemExit(7)")
    with pytest.raises(OperatorError, match="exit code 7"):
        read(2, items(3))


def test_error_of_reading_comes_out_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_readers, "_PROGRAM", FATAL.replace("os.kill(os.getpid(), 9)", "[][0]"))
    with pytest.raises(IndexError):
        read(2, items(40, fatal=30))


def test_few_lines_are_read_ahead_and_no_process_is_left() -> None:
    taken = 0

    def feeding() -> Iterator[Item]:
        nonlocal taken
        for item in items(1000):
            taken += 1
            yield item

    with LineReaders[Item](2) as readers:
        next(iter(readers.read(feeding())))
        assert taken <= 16 * 5
        children = psutil.Process().children()
        assert children
    assert not any(child.is_running() for child in children)
