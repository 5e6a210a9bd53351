"""The progress bar: on a terminal only, erased at the end, free where it is not shown."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest

from cli.progress import Progress, Unit, is_shown
from cli.terminal import width
from tests.support.archive_home import ROOT
from tests.support.quick_home import QuickHome
from tests.support.site_server import serving, small_site


def test_a_bar_shows_part_and_unit_and_is_erased(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress("rebuild", 10, Unit("notices"), shown=True) as progress:
        progress(4)
    shown = capsys.readouterr().err
    assert "rebuild" in shown
    assert "notices" in shown
    assert shown.split("\r")[-2].strip() == ""


def test_nothing_is_shown_or_loaded_where_it_is_not_wanted() -> None:
    code = (
        "import sys; from cli.progress import Progress; p = Progress('x', 3, shown=False); p(3); p.close(); sys.exit('tqdm' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize(("terminal", "no_progress", "shown"), [(True, False, True), (True, True, False), (False, False, False)])
def test_it_is_shown_on_a_terminal_that_was_not_silenced(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, no_progress: bool, shown: bool
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stderr", stream)
    assert is_shown(no_progress=no_progress) is shown


@pytest.mark.parametrize(("text", "columns"), [("", 0), ("ab", 2), ("两感", 4), ("e\u0301", 1), ("〔2026〕1号", 11)])
def test_width_counts_columns(text: str, columns: int) -> None:
    assert width(text) == columns


def test_import_rebuild_and_crawl_show_how_far_they_are_and_can_be_silenced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli.verbs.collect import crawl, import_
    from cli.verbs.operate import index

    for verb in (crawl, import_, index):
        monkeypatch.setattr(verb, "is_shown", lambda *, no_progress: not no_progress)
    home = QuickHome(tmp_path / "home")
    line = '{"url": "http://a.example/1", "title": "关于防汛的通知", "text": "请做好防汛工作。"}\n'
    assert "import" in home.run("import", "-", stdin=line).stderr
    assert "import" not in home.run("import", "-", "--no-progress", stdin=line).stderr
    assert "0/1" in home.run("index", "--rebuild").stderr
    assert home.run("index", "--rebuild", "--no-progress").stderr == ""
    with serving(small_site(2)) as site:
        home.source(site.base)
        assert "crawl: 0 notices" in home.run("crawl").stderr


def test_restore_shows_each_of_its_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli.verbs.preserve import backup

    monkeypatch.setattr(backup, "is_shown", lambda *, no_progress: not no_progress)
    home = QuickHome(tmp_path / "home")
    line = '{"url": "http://a.example/1", "title": "关于防汛的通知", "text": "请做好防汛工作。"}\n'
    home.run("import", "-", "--no-progress", stdin=line)
    home.run("backup", str(tmp_path / "copy"))
    for name, silenced in (("shown", ()), ("silent", ("--no-progress",))):
        new = QuickHome(tmp_path / name)
        done = new.run("restore", str(tmp_path / "copy"), *silenced)
        assert "1 notices indexed" in done.stdout
        assert [step in done.stderr for step in ("restore:", "rebuild:", "verify:")] == [name == "shown"] * 3
