"""Lines of a log: what others wrote into an address or a name drives no terminal."""

from __future__ import annotations

import json
import logging

import pytest

from operations.log_lines import FORMATS, formatter, lines_of_run


@pytest.mark.parametrize("kind", FORMATS)
def test_message_of_others_drives_no_terminal(kind: str) -> None:
    bad = "http://a.example/\x1b]0;owned\x07\x9b2J\u202e.pdf"
    record = logging.LogRecord("part", logging.WARNING, __file__, 1, "attachment %s", (bad,), None)
    line = formatter(kind).format(record)
    assert not set("\x1b\x07\x9b\u202e") & set(line)
    assert "attachment http://a.example/" in line
    if kind == "json":
        assert json.loads(line)["message"] == f"attachment {bad}"


def test_lines_of_a_run_have_its_id_and_others_have_none(capsys: pytest.CaptureFixture[str]) -> None:
    root, shown = logging.getLogger(), {}
    handlers = root.handlers[:]
    try:
        for kind in FORMATS:
            handler = logging.StreamHandler()
            handler.setFormatter(formatter(kind))
            root.handlers[:] = [handler]
            with lines_of_run(12):
                logging.getLogger("part").warning("one")
            logging.getLogger("part").warning("two")
            shown[kind] = capsys.readouterr().err.splitlines()
    finally:
        root.handlers[:] = handlers
    assert shown["plain"] == ["WARNING part: one", "WARNING part: two"]
    assert [line.partition("part: ")[2] for line in shown["text"]] == ["run 12: one", "two"]
    assert [json.loads(line).get("run") for line in shown["json"]] == [12, None]
