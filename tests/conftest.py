"""Fixtures that every package's tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from notices.text.language import use

# Properties are tried on the same examples every time; `make test-long` looks for new ones (--hypothesis-profile random).
settings.register_profile("repeatable", derandomize=True, database=None, deadline=None)
settings.register_profile("random", derandomize=False, deadline=None)
settings.load_profile("repeatable")

Figure = Callable[[str, object, str], None]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real pages and texts; the test is skipped where it is missing."""
    folder = Path(os.environ.get("NOTICES_SHARED") or Path(__file__).resolve().parents[2] / "shared")
    if not (folder / "data").is_dir():
        pytest.skip(f"no folder of real pages at {folder}; set NOTICES_SHARED")
    return folder


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages are English unless a test asks otherwise, whatever the locale of the machine is."""
    for name in ("LANGUAGE", "LC_MESSAGES", "NOTICES_LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    use("en")


@pytest.fixture
def figure(record_property: Callable[[str, object], None]) -> Figure:
    """Notes a figure of docs/reliability.md: what was done, how often, what came of it. All stand in a table at the end of the tests."""
    return lambda fault, times, result: record_property("figure", [fault, times, result])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The figures that tests noted, as the rows of a table."""
    reports = [report for key in ("passed", "failed") for report in terminalreporter.getreports(key) if report.when == "call"]
    noted = [(value, report) for report in reports for name, value in report.user_properties if name == "figure"]
    if noted:
        terminalreporter.section("figures")
    for (fault, times, result), report in sorted(noted, key=lambda each: each[1].nodeid):
        failed = " (FAILED)" if report.failed else ""
        terminalreporter.write_line(f"| {fault} | {times} | {result}{failed} | {report.nodeid.split('/')[-1]} | {report.duration:.0f} s |")
