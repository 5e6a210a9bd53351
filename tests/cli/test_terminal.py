"""What every command writes as JSON: nothing in it drives a terminal, and its value is the one that was given."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from cli.terminal import json_line
from tests.support.archive_home import ROOT
from tests.support.quick_home import QuickHome

ANY = st.text(st.characters(codec=None, categories=None) | st.sampled_from("\x1b\x9b\u202e\u200b\u2028\ud800\U000e0041\u3164\x7f"))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(ANY, ANY, max_size=3))
def test_json_has_its_value_and_only_characters_that_are_seen(value: dict[str, str]) -> None:
    line = json_line(value)
    assert json.loads(line) == json.loads(json.dumps(value))
    assert "\n" not in line
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in "\u202e\u200b\u3164\ufeff\U000e0041"]


def test_no_command_writes_json_otherwise() -> None:
    others = [path for path in (ROOT / "cli").rglob("*.py") if "json.dumps" in path.read_text(encoding="utf-8")]
    assert [path.name for path in others] == ["terminal.py"]


def test_archived_text_drives_no_terminal(tmp_path: Path) -> None:
    home = QuickHome(tmp_path / "home")
    bad = "\u009b31m\u202egnp.exe"
    home.run("import", "-", stdin=json.dumps({"url": "http://a.example/1", "title": bad, "text": f"文{bad}"}))
    for words in (("show", "1"), ("history", "1"), ("cites", "1"), ("runs", "1")):
        said = home.run(*words, "--json").stdout
        assert "\u009b" not in said + home.run(*words).stdout, words
        assert "\u202e" not in said, words
        assert bad in json.dumps(json.loads(said), ensure_ascii=False), words
