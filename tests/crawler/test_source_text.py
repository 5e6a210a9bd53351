"""Source files changed by the program: one value or one end of the file, nothing else."""

from __future__ import annotations

import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.catalogue import Row
from crawler.source import parse_source
from crawler.source_text import Draft, draft_source, schedule_of, source_text, with_columns, with_enabled
from notices.errors import SourceFileError

DAY = date(2026, 11, 26)
ROW = Row(
    "lanxi/tzgg", "兰溪镇水务所", "990100", "city", "通知公告", "http://www.lanxi.example/tzgg/", date="2026-10-02", evidence="a list"
)
OTHER = Row("lanxi/gsgg", "兰溪镇水务所", "990100", "city", "公示公告", "http://www.lanxi.example/gsgg/", kind="公示")


def test_enabled_only_after_a_column_was_read() -> None:
    assert not parse_source(tomllib.loads(source_text(Draft([ROW], DAY))), "x").enabled
    assert not parse_source(tomllib.loads(source_text(Draft([ROW], DAY, unread={ROW.url: "HTTP 412"}))), "x").enabled
    read = parse_source(tomllib.loads(source_text(Draft([ROW, OTHER], DAY, entries=12, unread={ROW.url: "HTTP 412"}))), "x")
    assert (read.enabled, [c.name for c in read.columns], read.expect.min_entries) == (True, ["公示公告"], 5)


def test_draft_has_every_column_and_is_not_enabled() -> None:
    source = draft_source(Draft([ROW, OTHER], DAY, unread={ROW.url: "HTTP 412"}, allow_private=True, delay=0.25))
    assert ([c.url for c in source.columns], source.enabled, source.allow_private, source.delay) == (
        [ROW.url, OTHER.url],
        False,
        True,
        0.25,
    )


@given(st.text(alphabet="abcdefghij-", min_size=1).map(lambda s: s.strip("-") or "a"))
def test_every_schedule_is_valid(name: str) -> None:
    text = source_text(Draft([ROW], DAY)).replace(schedule_of("lanxi"), schedule_of(name))
    parse_source(tomllib.loads(text), name)


TEXTS = [
    'name = "a"\nenabled = false # not yet\n[list]\n',
    'name = "a"\n  enabled=true\n',
    'name = "a"\n\n# no key yet\n[list]\nplatform = "trs"\n',
    'name = "a"',
    'notes = """\nenabled = false\nenabled = true\n"""\nenabled = false\n',
    'enabled = false\r\nname = "a"\r\n',
    "[x]\nenabled = false\n",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("enabled", [True, False])
def test_nothing_but_the_value_changes(text: str, enabled: bool) -> None:
    changed = with_enabled(text, enabled, "a.toml")
    assert tomllib.loads(changed) == {**tomllib.loads(text), "enabled": enabled}
    assert with_enabled(changed, enabled, "a.toml") == changed
    kept = [line for line in text.splitlines() if "enabled" not in line]
    assert [line for line in changed.splitlines() if "enabled" not in line and line] == [line for line in kept if line]


@pytest.mark.parametrize("text", ["name = ", '"enabled" = false', 'a = {enabled = false}\nb = """\n[\n"""\nenabled = 1'])
def test_file_that_cannot_be_changed_is_named(text: str) -> None:
    with pytest.raises(SourceFileError, match=r"a\.toml"):
        with_enabled(text, True, "a.toml")


def test_columns_are_added_at_the_end_and_comments_stay() -> None:
    text = "# mine\n" + source_text(Draft([ROW], DAY, entries=3, unread={})) + '\n[list]\nplatform = "trs"  # seen'
    changed = with_columns(text, Draft([OTHER], DAY, entries=3, unread={}), "lanxi.toml")
    assert changed.startswith(text)
    source = parse_source(tomllib.loads(changed), "x")
    assert ([c.kind for c in source.columns], source.lists.platform) == ([None, "公示"], "trs")


def test_columns_written_in_one_line_are_left_to_the_keeper() -> None:
    text = "columns = []\n" + source_text(Draft([ROW], DAY)).partition("\n\n# lanxi")[0]
    with pytest.raises(SourceFileError, match="by hand"):
        with_columns(text, Draft([OTHER], DAY, entries=3, unread={}), "lanxi.toml")
