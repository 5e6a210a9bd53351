"""Shell completion: verbs, options, choices, sources, and what the archive holds, which no shell ever runs."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.completion.completion import script
from cli.main import main
from index.engine import Document
from index.engines import rebuild

HOSTILE = "关于“命令”的通知$(touch owned)`touch owned`;touch owned|'\"\\ !x\n\x1b]0;owned\x07\ttab"
LONELY = "孤本 带空格的意见"
DOCUMENTS = [
    Document(1, 1, "u1", "关于河道巡查的通知", "甲", document_number="临政〔2020〕1号"),
    Document(2, 1, "u2", HOSTILE, "乙", document_number="临政〔2020〕2号"),
    Document(3, 1, "u3", "转发《关于河道巡查的通知》", "丙"),
    Document(7, 1, "u7", LONELY, "丁"),
    Document(8, 1, "u8", "联系电话13912345678的公告", "戊"),
    *(Document(n, 1, f"u{n}", f"系列公告之{n}", "己") for n in range(100, 150)),
]
Completed = Callable[..., list[str]]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "linshan.toml").touch()
    monkeypatch.setenv("NOTICES_HOME", str(folder))
    rebuild(f"whoosh://{folder}/index", DOCUMENTS)
    return folder


@pytest.fixture
def offered(home: Path, capsys: pytest.CaptureFixture[str]) -> Completed:
    def ask(*words: str) -> list[str]:
        main(["complete", *words])
        return capsys.readouterr().out.splitlines()

    return ask


@pytest.fixture
def bash(home: Path, tmp_path: Path) -> Completed:
    """What bash offers for the last word of a command line, as words that a shell would read."""
    (tmp_path / "bin").mkdir()
    notices = tmp_path / "bin" / "notices"
    notices.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m cli.main "$@"\n', encoding="utf-8")
    notices.chmod(0o755)
    (tmp_path / "notices.bash").write_text(script("bash"), encoding="utf-8")
    (tmp_path / "empty").mkdir()
    environment = os.environ | {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "LC_ALL": "C.UTF-8",
    }

    def ask(*words: str) -> list[str]:
        line = " ".join(map(shlex.quote, words))
        code = f'. ../notices.bash; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _notices; printf "%s\\0" "${{COMPREPLY[@]}}"'
        done = subprocess.run(["bash", "-c", code], cwd=tmp_path / "empty", env=environment, capture_output=True, text=True, check=False)
        assert done.stderr == ""
        return [word for word in done.stdout.split("\0") if word]

    return ask


def test_titles_and_numbers_go_on_from_what_was_typed(offered: Completed) -> None:
    assert offered("关于河") == ["关于河道巡查的通知\t临政〔2020〕1号"]
    assert [line.split("\t")[0] for line in offered("臨政[2020")] == ["临政〔2020〕1号", "临政〔2020〕2号"]
    assert offered("--for", "archive", "关于河") == ["临政〔2020〕1号\t关于河道巡查的通知"]
    assert offered("--for", "archive", "孤本") == [f"7\t{LONELY}"]
    assert offered("河道") == offered("") == offered("龘") == []
    assert len(offered("系列")) == 20


def test_what_is_offered_drives_no_terminal_and_is_masked(offered: Completed) -> None:
    (line,) = offered("关于命令")
    assert line.count("\t") == 1
    assert "\x1b" not in line
    assert "13912345678" not in offered("联系电话")[0]


def test_sources_are_the_shipped_ones_and_ones_own(offered: Completed) -> None:
    names = [line.split("\t")[0] for line in offered("--for", "sources")]
    assert {"linshan", "ndrc"} <= set(names)
    assert [line.split("\t")[0] for line in offered("--for", "sources", "lin")] == ["linshan"]


def test_an_archive_without_an_index_offers_nothing_and_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTICES_HOME", str(tmp_path / "none"))
    assert main(["complete", "甲"]) == 2
    assert not (tmp_path / "none").exists()


def test_bash_offers_verbs_options_and_choices(bash: Completed) -> None:
    assert bash("notices", "sh") == ["show"]
    assert {"list", "check", "new"} <= set(bash("notices", "source", ""))
    assert "--dry-run" in bash("notices", "reparse", "--")
    assert bash("search", "--sort", "") == ["relevance", "date", "archived", "changed", "deadline"]
    assert bash("search", "--all") == ["--all-copies"]
    assert bash("notices", "completion", "z") == ["zsh"]
    assert bash("notices", "comple") == ["completeness", "completion"]


def test_bash_offers_sources_and_what_the_archive_holds(bash: Completed) -> None:
    assert bash("notices", "crawl", "lin") == ["linshan"]
    assert bash("search", "--source", "lin") == ["linshan"]
    assert shlex.split(bash("notices", "show", "临政[2020]1")[0]) == ["临政〔2020〕1号"]
    assert bash("notices", "cites", "孤本") == ["7"]
    assert "系列公告" in bash("notices", "history", "系列公告")  # more than one id: the typed word stays
    assert shlex.split(bash("search", "孤本")[0]) == [LONELY]


def test_no_archived_text_is_run_by_the_shell(bash: Completed, tmp_path: Path) -> None:
    for typed in ("关于“命令", '"关于命令', "'关于命令"):
        for candidate in bash("search", typed):
            quote = typed[0] if typed[0] in "\"'" else ""
            ran = ["bash", "-c", f"set -- {quote}{candidate}{quote}; printf '%s' \"$1\""]
            done = subprocess.run(ran, cwd=tmp_path / "empty", capture_output=True, text=True, check=True)
            assert done.stdout.startswith("关于“命令”的通知$(touch owned)`touch owned`;touch owned|")
    assert bash("search", "关于“命令")
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_script_knows_every_verb(shell: str) -> None:
    text = script(shell)
    assert "@TABLE@" not in text
    for words in ("notices source check REST", "notices cites", "search --sort", "notices complete --for"):
        assert words in text


def test_completing_loads_neither_database_nor_crawler(home: Path) -> None:
    code = "import sys; from cli.main import main; main(['complete', '关于']); sys.stderr.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    loaded = {name.split(".")[0] for name in done.stderr.decode().split()}
    assert not loaded & {"scrapy", "sqlalchemy", "msgspec", "lxml", "apscheduler", "twisted", "pipeline"}
