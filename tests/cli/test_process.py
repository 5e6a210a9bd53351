"""Commands under odd conditions: closed or full streams, a poor locale, Ctrl-C, an old Python. Documented exit codes, no traceback."""

from __future__ import annotations

import ast
import json
import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.archive_home import ROOT, Home

LINE = {"url": "http://a.example/1", "title": "关于防汛的通知", "text": "请做好“汛防”工作。", "published_date": "2026-10-16"}
COMMANDS = [("status",), ("show", "1"), ("history", "1"), ("search", "汛防")]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    folder = tmp_path_factory.mktemp("archive")
    made = Home(folder / "home")
    file = folder / "lines.jsonl"
    file.write_text(json.dumps(LINE, ensure_ascii=False), encoding="utf-8")
    made.run("import", str(file))
    return made


def shell(home: Home, words: tuple[str, ...], redirection: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command through a shell with redirections."""
    line = " ".join(f"'{word}'" for word in home.command(*words))
    return subprocess.run(
        ["sh", "-c", f"{line} {redirection}"],
        env=home.environment | {"PYTHONUNBUFFERED": ""} | environment,
        cwd=ROOT,
        capture_output=True,
        timeout=100,
        check=False,
    )


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_change_no_exit_code_and_reach_no_file(home: Home, words: tuple[str, ...], closed: str) -> None:
    done = shell(home, words, closed)
    assert done.returncode == 0
    assert done.stderr == b""
    assert (done.stdout == b"") == (">&-" in closed.split())
    database = (home.path / "notices.db").read_bytes()
    assert database.startswith(b"SQLite format 3\0")
    assert b"archive   " not in database


@pytest.mark.parametrize("words", [*COMMANDS, ("--help",), ("--version",), ("show", "--help"), ("search", "--help")], ids=" ".join)
def test_full_stdout_is_a_full_disk(home: Home, words: tuple[str, ...]) -> None:
    done = shell(home, words, ">/dev/full")
    assert done.returncode == 5
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    assert shell(home, words, ">/dev/full 2>&1").returncode == done.returncode
    assert shell(home, words, ">/dev/full", PYTHONUNBUFFERED="1").returncode == done.returncode


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    "locale",
    [{"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"PYTHONIOENCODING": "latin-1"}],
    ids=["C", "ASCII", "Latin-1"],
)
def test_a_locale_without_chinese_escapes_what_it_lacks(home: Home, words: tuple[str, ...], locale: dict[str, str]) -> None:
    done = shell(home, words, "", **locale)
    assert done.returncode == 0
    assert done.stderr == b""
    if words[0] in ("show", "search"):
        assert "防汛".encode() in done.stdout or b"\\u9632\\u6c5b" in done.stdout


def test_reader_that_leaves_is_no_error(home: Home) -> None:
    done = shell(home, ("show", "1", "--json"), "| true")
    assert done.stderr == b""


@pytest.mark.parametrize("words", [("search", "--batch", "{}", "--json"), ("parse", "{}")], ids=["search", "notices"])
def test_ctrl_c_ends_with_130(home: Home, tmp_path: Path, words: tuple[str, ...]) -> None:
    waiting = tmp_path / "never.html"
    os.mkfifo(waiting)
    child = subprocess.Popen(
        home.command(*(word.format(waiting) for word in words)),
        env=home.environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        with _opened_by(waiting, child):
            time.sleep(0.2)  # from the open to the read
            child.send_signal(signal.SIGINT)
            out, err = child.communicate(timeout=60)
    finally:
        child.kill()
    assert (child.returncode, out, err) == (130, b"", b"")


def _opened_by(fifo: Path, child: subprocess.Popen[bytes]) -> os.PathLike[str] | object:
    """The other end of the pipe, open once the child reads it."""
    for _ in range(600):
        try:
            return os.fdopen(os.open(fifo, os.O_WRONLY | os.O_NONBLOCK), "wb", buffering=0)
        except OSError:  # nobody reads it yet
            assert child.poll() is None, child.communicate()
            time.sleep(0.1)
    raise AssertionError("the command never opened its file")


def test_an_old_python_is_refused_with_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "cli" / "__init__.py"
    ast.parse(file.read_text(encoding="utf-8"), feature_version=(3, 7))
    monkeypatch.setattr(sys, "version_info", (3, 10, 13, "final", 0))
    with pytest.raises(SystemExit) as ended:
        runpy.run_path(str(file))
    assert ended.value.code == 2
    assert capsys.readouterr().err == "notices needs Python 3.11 or later; this is Python 3.10.\n"
