"""`notices import --jobs`: several processes read, one stores, and nothing of it can be seen in the archive."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.support.archive_home import ROOT, Home
from tests.support.quick_home import QuickHome

LINE = {"url": "http://a.example/1", "title": "关于防汛的通知", "text": "请做好“汛防”工作。\n第二段。", "published_date": "2026-10-16"}
TEXTS = (
    "各县区：", "一、总体要求", "根据《防汛条例》（临政发〔2026〕3号）的规定，", "（一）请做好第1项工作。", "《旧办法》同时废止。", "临杉市水务局",
    "2026年10月16日", "①ＡＢＣ",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def write(folder: Path, *lines: object) -> str:
    file = folder / "lines.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    return str(file)


def content(home: Home) -> list[list[tuple[object, ...]]]:
    """What the archive contains, but for its times, the ids of its records and what depends on them."""
    queries = (
        "select id, notice_id, n, title, text, anatomy, content_digest, snapshot_id from revision order by id",
        "select id, source_id, key, url, revisions, group_id from notice order by id",
        "select revision_id, relation, target_title, sentence from citation order by id",
        "select id, url, payload_digest, revisit from snapshot order by id",
        "select notice_id, key from instrument_key order by 1, 2",
        "select notice_id, length, shingles, figures from sketch order by 1",
        "select seq, notice_id, revision, kind from change order by seq",
    )
    with closing(sqlite3.connect(home.path / "notices.db")) as raw:
        return [raw.execute(query).fetchall() for query in queries]


def test_archive_is_the_same_however_many_processes_read_its_lines(tmp_path: Path) -> None:
    rng = random.Random(5)
    lines = [
        {
            **LINE,
            "url": f"http://a.example/{n % 90}",
            "title": f"关于第{n % 60}件事的通知",
            "text": "\n".join(rng.choices(TEXTS, k=9)),
            "source": f"源{n % 3}",
        }
        for n in range(100)
    ]
    lines[17]["url"] = "nowhere"
    file, homes = write(tmp_path, *lines), [QuickHome(tmp_path / name) for name in ("one", "three")]
    told = [home.run("import", file, "--jobs", jobs, check=3) for home, jobs in zip(homes, ("1", "3"), strict=True)]
    assert told[0].stdout == told[1].stdout
    assert told[0].stderr == told[1].stderr
    one, three = map(content, homes)
    assert len(one[0]) == 89
    assert one == three
    homes[1].run("verify")


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_import_that_is_stopped_leaves_no_process_and_what_it_took(home: Home, how: int, code: int) -> None:
    command = home.command("import", "-", "--jobs", "2", "--no-progress")
    running = subprocess.Popen(
        command, env=home.environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert running.stdin
    try:
        for n in range(400):
            running.stdin.write(json.dumps({**LINE, "url": f"http://a.example/{n}"}).encode() + b"\n")
        running.stdin.flush()
        until = time.monotonic() + 60
        while len(readers := psutil.Process(running.pid).children()) < 2 and time.monotonic() < until:
            time.sleep(0.05)
        assert len(readers) == 2
        running.send_signal(how)
        assert running.wait(30) == code
        _gone, left = psutil.wait_procs(readers, 30)
        assert not left
    finally:
        running.kill()
        running.stdin.close()
        running.wait()
    taken = home.rows("select count(*) from notice")[0][0]
    done = home.run("import", "-", stdin="\n".join(json.dumps({**LINE, "url": f"http://a.example/{n}"}) for n in range(400)))
    assert f"unchanged {taken}" in done.stdout
    home.run("verify")


def test_number_of_readers_is_at_least_one_and_for_lines_alone(home: Home, tmp_path: Path) -> None:
    assert "less than 1" in home.run("import", write(tmp_path, LINE), "--jobs", "0", check=2).stderr
    (tmp_path / "a.warc").write_bytes(b"WARC/1.0\r\n")
    assert "--jobs" in home.run("import", str(tmp_path / "a.warc"), "--jobs", "2", check=2).stderr
