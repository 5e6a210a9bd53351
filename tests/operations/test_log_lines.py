"""Lines of a log: what others wrote into an address or a name drives no terminal."""

from __future__ import annotations

import json
import logging

import pytest

from operations.log_lines import FORMATS, formatter


@pytest.mark.parametrize("kind", FORMATS)
def test_message_of_others_drives_no_terminal(kind: str) -> None:
    bad = "http://a.example/\x1b]0;owned\x07\x9b2J\u202e.pdf"
    record = logging.LogRecord("part", logging.WARNING, __file__, 1, "attachment %s", (bad,), None)
    line = formatter(kind).format(record)
    assert not set("\x1b\x07\x9b\u202e") & set(line)
    assert "attachment http://a.example/" in line
    if kind == "json":
        assert json.loads(line)["message"] == f"attachment {bad}"
