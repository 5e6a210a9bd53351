"""A reader that a hostile file has taken over reaches no network, no other program and no file of the archive."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.demo.files import docx
from operations import doctor
from pipeline.attachments import Extractor, extractor, sandbox
from tests.pipeline.attachments.test_read import READABLE

pytestmark = pytest.mark.skipif(bool(extractor.confinement_gaps()), reason="this system cannot confine a process")


@pytest.fixture(scope="module")
def nosy() -> Iterator[Extractor]:
    with Extractor() as one:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(extractor, "_WORKER", "tests.support.readers.nosy_reader")
            assert answer(one, f"read {sandbox.__file__}").startswith("done: b")  # the worker that starts now serves them all
        yield one


def answer(nosy: Extractor, order: str) -> str:
    return nosy.extract(order.encode()).pages[0]


def test_reader_reaches_no_network(nosy: Extractor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        assert answer(nosy, f"connect {server.getsockname()[1]}") == "PermissionError"
        with pytest.raises(TimeoutError):
            server.accept()
    for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"):
        assert answer(nosy, f"socket {family}") == "PermissionError"


def test_reader_reaches_no_file_of_an_archive(nosy: Extractor, tmp_path: Path) -> None:
    key = tmp_path / "keys/log.key"
    key.parent.mkdir()
    key.write_text("secret")
    assert answer(nosy, f"read {key}") == "PermissionError"
    assert answer(nosy, f"list {tmp_path}") == "PermissionError"
    assert answer(nosy, f"write {tmp_path / 'new'}") == "PermissionError"
    assert answer(nosy, f"write {key}") == "PermissionError"
    assert answer(nosy, f"chmod {key}") == "PermissionError"
    assert answer(nosy, "read /etc/hostname") == "PermissionError"
    assert answer(nosy, f"read /proc/{os.getpid()}/environ") == "PermissionError"
    assert key.read_text() == "secret"
    assert os.listdir(tmp_path) == ["keys"]


def test_archive_beside_the_program_is_as_far_away(nosy: Extractor) -> None:
    root = Path(sandbox.__file__).parents[2]
    assert answer(nosy, f"read {root / 'README.md'}") in ("PermissionError", "FileNotFoundError")
    assert answer(nosy, f"list {root}") == "PermissionError"
    assert answer(nosy, f"read {sandbox.__file__}").startswith("done: b")


def test_reader_starts_and_signals_no_process(nosy: Extractor) -> None:
    assert answer(nosy, "run /bin/true") == "PermissionError"
    assert answer(nosy, f"kill {os.getpid()}") == "PermissionError"


def test_files_of_every_format_are_read_in_confinement() -> None:
    with Extractor() as one:
        for name, (body, kind, pages) in READABLE.items():
            found = one.extract(body)
            assert (found.outcome, found.media_type, list(found.pages)) == ("ok", kind, pages), name
        worker = one._worker
        assert worker is not None
        status = dict(line.split(":", 1) for line in Path(f"/proc/{worker.pid}/status").read_text().splitlines() if ":" in line)
        assert (status["Seccomp"].strip(), status["NoNewPrivs"].strip()) == ("2", "1")


def test_a_way_that_the_system_lacks_is_told_and_costs_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "confinement_gaps", lambda: ["files: Function not implemented (Landlock)"])
    check = doctor._attachments()
    assert (check.level, "Landlock" in check.detail, bool(check.remedy)) == ("warning", True, True)


@pytest.mark.parametrize("machine", sandbox._MACHINES)
def test_filter_jumps_stay_inside_it(machine: str) -> None:
    program = sandbox._filter(sandbox._MACHINES[machine])
    for at, (_, _, if_true, if_false) in enumerate(program):
        assert at + 1 + max(if_true, if_false) < len(program) or (if_true, if_false) == (0, 0)
    assert program[-1] == (sandbox._RETURN, sandbox._ALLOW, 0, 0)


def test_worker_that_cannot_be_confined_reads_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.sys, "platform", "aix")
    assert sandbox.confine() == ["files and network: aix has no way for a process to give them up"]
    monkeypatch.undo()
    with Extractor() as one:
        assert one.extract(docx("甲", "乙")).outcome == "ok"
        worker = one._worker
        assert worker is not None
        assert psutil.Process(worker.pid).is_running()
