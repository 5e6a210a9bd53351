"""The scripts in the shells themselves: what the key Tab makes of a line, and what fish says it would offer."""

from __future__ import annotations

import os
import pty
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.completion.completion import script
from index.engine import Document
from index.engines import rebuild

SECONDS = 200.0
DOCUMENTS = [
    Document(1, 1, "u1", "关于河道巡查的通知", "甲", document_number="临政〔2020〕1号"),
    Document(2, 1, "u2", "关于河道巡查的通知 ", "甲", document_number="临政〔2020〕1号"),
    Document(3, 1, "u3", "孤本$(touch owned)的意见", "乙"),
]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """An archive, the command on the path, and an empty folder to work in."""
    rebuild(f"whoosh://{tmp_path}/home/index", DOCUMENTS)
    for folder in ("bin", "empty"):
        (tmp_path / folder).mkdir()
    for name, module in (("notices", "cli.main"), ("search", "cli.search.command")):
        command = tmp_path / "bin" / name
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m {module} "$@"\n', encoding="utf-8")
        command.chmod(0o755)
    for shell in ("bash", "zsh", "fish"):
        (tmp_path / f"notices.{shell}").write_text(script(shell), encoding="utf-8")
    own = {name: value for name, value in os.environ.items() if not name.startswith("NOTICES_")}
    path = f"{tmp_path}/bin:{os.environ['PATH']}"
    more = {"PATH": path, "PYTHONPATH": str(Path(__file__).parents[3]), "HOME": str(tmp_path), "LC_ALL": "C.UTF-8", "TERM": "xterm"}
    return own | more | {"NOTICES_HOME": str(tmp_path / "home")}


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._main, other = pty.openpty()
        self._shell = subprocess.Popen(
            command, stdin=other, stdout=other, stderr=other, cwd=folder, env=environment, start_new_session=True
        )
        os.close(other)

    def type(self, keys: str) -> None:
        """Send keys."""
        os.write(self._main, keys.encode())

    def until(self, wanted: str) -> str:
        """What is shown up to and with the wanted text; fails the test when it never comes."""
        shown, end = b"", time.monotonic() + SECONDS
        while wanted.encode() not in shown and time.monotonic() < end:
            if select.select([self._main], [], [], 0.2)[0]:
                shown += os.read(self._main, 65536)
        text = shown.decode("utf-8", "replace")
        assert wanted in text, text
        return text

    def close(self) -> None:
        """End the shell."""
        self._shell.kill()
        self._shell.wait()
        os.close(self._main)


INTERACTIVE = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], ". ../notices.bash"),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit; compinit -u -D; . ../notices.zsh"),
}
Open = Callable[[str], Terminal]


@pytest.fixture
def terminal(environment: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    opened: list[Terminal] = []

    def open_shell(shell: str) -> Terminal:
        if shutil.which(shell) is None:
            pytest.skip(f"{shell} is not installed")
        command, setup = INTERACTIVE[shell]
        opened.append(Terminal(command, tmp_path / "empty", environment))
        opened[-1].type(f"{setup}; echo rea''dy\n")
        opened[-1].until("ready")
        return opened[-1]

    yield open_shell
    for each in opened:
        each.close()


@pytest.mark.parametrize("shell", list(INTERACTIVE))
@pytest.mark.parametrize(
    ("line", "becomes"),
    [
        ("notices completi", "notices completion"),
        ("notices show 临政〔2020", "notices show 临政〔2020〕1号"),
        ("search 关于河道", "search 关于河道巡查的通知"),
    ],
)
def test_tab_completes_the_line(terminal: Open, shell: str, line: str, becomes: str) -> None:
    shown = terminal(shell)
    shown.type(f"{line}\t")
    shown.until(becomes.removeprefix(line))


@pytest.mark.parametrize("shell", list(INTERACTIVE))
def test_a_title_completed_and_entered_runs_nothing_of_what_it_says(terminal: Open, shell: str, tmp_path: Path) -> None:
    shown = terminal(shell)
    shown.type("search 孤本\t")
    shown.until("意见")
    shown.type("\n")
    shown.until("1 found")
    assert list((tmp_path / "empty").iterdir()) == []


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("notices completi", ["completion"]),
        ("search --sort ", ["date", "relevance"]),
        ("notices show 临政〔2020", ["临政〔2020〕1号\t关于河道巡查的通知"]),
        ("search 孤本", ["孤本$(touch owned)的意见"]),
    ],
)
def test_fish_offers(environment: dict[str, str], tmp_path: Path, line: str, offers: list[str]) -> None:
    ask = f"source ../notices.fish; complete -C {shlex.quote(line)}"
    done = subprocess.run(
        ["fish", "--no-config", "-c", ask], cwd=tmp_path / "empty", env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert [each.rstrip("\t") for each in done.stdout.splitlines()] == offers
    assert list((tmp_path / "empty").iterdir()) == []
