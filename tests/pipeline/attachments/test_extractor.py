"""The reading process: kept warm, bounded, killed when it overruns, gone with its parent."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from cli.demo.files import docx
from pipeline.attachments import Extractor, extract
from tests.support import made_files as made

CHANCE = random.Random(1)
SLOW = made.zipped({f"{n}.zip": made.zipped({f"{m}.txt": CHANCE.randbytes(50) for m in range(19)}) for n in range(90)})


def worker_of(extractor: Extractor) -> subprocess.Popen[bytes]:
    worker = extractor._worker
    assert worker is not None
    return worker


def test_worker_reads_one_file_after_another_and_ends() -> None:
    with Extractor() as extractor:
        assert extractor.extract(docx("甲", "乙")).pages == ("甲\n乙",)
        first = worker_of(extractor)
        assert extractor.extract("丙".encode()).pages == ("丙",)
        assert worker_of(extractor) is first
    assert first.poll() == 0


def test_one_file_can_be_read_without_keeping_a_worker() -> None:
    assert extract(docx("甲", "乙"), "a.docx", seconds=20, memory_bytes=1 << 30).pages == ("甲\n乙",)
    assert not [p for p in psutil.Process().children() if "pipeline.attachments.worker" in p.cmdline()]


def test_worker_that_overruns_is_killed_and_the_next_file_is_read() -> None:
    with Extractor(seconds=0.0) as extractor:
        slow = extractor.extract(SLOW)
        assert (slow.outcome, slow.detail) == ("too_large", "takes longer than 0 s")
    with Extractor(memory=300 << 20) as extractor:
        greedy = extractor.extract(made.zipped({"word/document.xml": b"<a>" + CHANCE.randbytes(1 << 20).hex().encode() * 30 + b"</a>"}))
        assert greedy.outcome in ("broken", "too_large")
        assert extractor.extract("丙".encode()).outcome == "ok"


def test_worker_whose_heap_has_grown_is_replaced() -> None:
    with Extractor(memory=400 << 20) as extractor:
        assert extractor.extract(("汛" * 19_000_000).encode()).outcome == "ok"
        assert extractor._worker is None
        assert extractor.extract("丙".encode()).outcome == "ok"


def test_body_beyond_the_bound_is_not_even_sent() -> None:
    with Extractor() as extractor:
        assert extractor.extract(b"\0" * ((64 << 20) + 1)).outcome == "too_large"
        assert extractor._worker is None


def test_worker_ended_from_outside_costs_no_file() -> None:
    with Extractor() as extractor:
        extractor.extract(b"x")
        worker_of(extractor).terminate()
        assert extractor.extract("丙".encode()).pages == ("丙",)


def test_names_that_are_no_text_are_borne() -> None:
    with Extractor() as extractor:
        assert extractor.extract(b"x", "a\udc80\n\0.txt", "text/\ud800").outcome == "ok"


def test_threads_share_a_worker() -> None:
    answers: dict[int, str] = {}
    with Extractor() as extractor:
        threads = [threading.Thread(target=lambda n=n: answers.update({n: extractor.extract(b"%d" % n).pages[0]})) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {n: str(n) for n in range(8)}


def test_worker_sees_no_environment_and_no_folder_of_its_parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pipeline.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NOTICES_DATABASE", "postgresql+psycopg://u:secret@h/d")
    with Extractor() as extractor:
        assert extractor.extract(b"x").outcome == "ok"
        assert "NOTICES_DATABASE" not in psutil.Process(worker_of(extractor).pid).environ()


PARENT = """
import sys
from pipeline.attachments import Extractor
extractor = Extractor()
extractor.extract(b"x")
print(extractor._worker.pid, flush=True)
extractor.extract(sys.stdin.buffer.read())
"""


@pytest.mark.parametrize("busy", [False, True])
def test_worker_ends_with_a_parent_that_is_killed(busy: bool) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdin is not None
    worker = psutil.Process(int(parent.stdout.readline()))
    if busy:
        parent.stdin.write(b"{\\rtf1" + b"{" * 30_000_000)
        parent.stdin.close()
        deadline = time.monotonic() + 10
        before = worker.cpu_times().user
        while worker.cpu_times().user < before + 0.5 and time.monotonic() < deadline:
            time.sleep(0.05)
    parent.kill()
    parent.wait()
    for pipe in (parent.stdin, parent.stdout):
        pipe.close()
    gone, alive = psutil.wait_procs([worker], timeout=60)
    assert not alive
    assert gone
