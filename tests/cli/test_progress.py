"""The progress bar: on a terminal only, erased at the end, free where it is not shown."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest

from cli.progress import Progress, Unit, is_shown
from cli.terminal import width
from tests.support.archive_home import ROOT


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
