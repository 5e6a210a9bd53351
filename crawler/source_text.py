"""The text of a source file: written from the catalogue, enabled or disabled, given more columns. Comments of its keeper stay."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zlib import crc32

from crawler.catalogue import Row
from crawler.source import Source, parse_source
from notices.errors import SourceFileError
from notices.text.language import _

_ENABLED = re.compile(r"^(?P<indent>[ \t]*)enabled[ \t]*=[ \t]*(?:true|false)", re.M)
_TABLE = re.compile(r"^[ \t]*\[", re.M)
_MOST_EXPECTED = 5


@dataclass(frozen=True, slots=True)
class Draft:
    """A source file to be written. `unread` gives, by address, why a column is not read: it is written as a comment while another one is read."""

    rows: Sequence[Row]
    written: date
    entries: int = 0
    unread: dict[str, str] | None = None
    allow_private: bool = False
    delay: float = 2.0

    @property
    def is_read(self) -> bool:
        """Whether at least one column was looked at and read."""
        return self.unread is not None and len(self.unread) < len(self.rows)


def draft_source(draft: Draft) -> Source:
    """The source with all columns of the draft, to be looked at before anything is written."""
    everything = Draft(draft.rows, draft.written, allow_private=draft.allow_private, delay=draft.delay)
    return parse_source(tomllib.loads(source_text(everything)), f"catalogue: {draft.rows[0].site}")


def source_text(draft: Draft) -> str:
    """The source file of the rows of one site: enabled if a column is read, else disabled with every column and the reason."""
    first = draft.rows[0]
    lines = [
        f"# From the catalogue on {draft.written}: {comment(first.publisher)}, {comment(first.place)}.",
        *_reasons(draft),
        f"name = {quoted(first.site)}",
        f"site = {quoted(first.publisher)}",
        f"publisher = {quoted(first.publisher)}",
        f"region = {quoted(first.region)}",
        f"enabled = {'true' if draft.is_read else 'false'}",
        f"written = {draft.written.isoformat()}",
        f"schedule = {quoted(schedule_of(first.site))}",
        f"delay = {draft.delay:.10g}" if draft.delay != int(draft.delay) else f"delay = {draft.delay:.1f}",
        *(["allow_private = true"] if draft.allow_private else []),
        "",
        "[expect]",
        f"min_entries = {max(1, min(draft.entries, _MOST_EXPECTED))}",
        columns_text(draft),
    ]
    return "\n".join(lines)


def _reasons(draft: Draft) -> list[str]:
    if draft.unread is None:
        return ["# Its lists were not looked at yet: notices source check, then notices source enable."]
    if draft.is_read:
        return []
    reasons = dict.fromkeys(draft.unread.values())
    return ["# Disabled because its lists could not be read:", *(f"#   {comment(reason)}" for reason in reasons)]


def columns_text(draft: Draft) -> str:
    """The columns of a draft with what the catalogue knows about each, to be put at the end of a source file."""
    unread = draft.unread if draft.unread is not None and draft.is_read else {}
    return "".join(line + "\n" for row in draft.rows for line in _column_lines(row, unread.get(row.url)))


def _column_lines(row: Row, unread: str | None) -> list[str]:
    known = [f"platform: {row.platform}" if row.platform else "", f"further pages: {row.paging}" if row.paging else "", row.reach]
    table = ["[[columns]]", f"name = {quoted(row.column)}", f"url = {quoted(row.url)}"]
    table += [f"kind = {quoted(row.kind)}"] if row.kind else []
    return [
        "",
        f"# {row.id}: published {row.date or 'without a date'} in {comment(row.evidence) or 'the keeper’s own catalogue'}",
        *(f"#   {comment(fact)}" for fact in known if fact),
        *([f"#   left out, could not be read: {comment(unread)}"] if unread is not None else []),
        *(table if unread is None else [f"# {line}" for line in table]),
    ]


def schedule_of(name: str) -> str:
    """Twice a day, at a minute of the name's own: sources written at one time do not all start at one time."""
    place = crc32(name.encode())
    return f"{place % 60} {6 + place // 60 % 3},{17 + place // 180 % 3} * * *"


def with_enabled(text: str, enabled: bool, where: str) -> str:
    """The text with `enabled` set and nothing else changed. Raises SourceFileError."""
    before = _parsed(text, where)
    wanted = {**before, "enabled": enabled}
    value = "true" if enabled else "false"
    changed = [f"{text[: m.start()]}{m['indent']}enabled = {value}{text[m.end() :]}" for m in _ENABLED.finditer(text)]
    heads = [m.start() for m in _TABLE.finditer(text)] or [len(text)]
    missing = "enabled" not in before
    changed += [f"{_ended(text[:at])}enabled = {value}\n{text[at:]}" for at in heads] if missing else []
    for candidate in changed:  # a line that looks so inside a string of several lines changes something else
        if _read(candidate) == wanted:
            return candidate
    raise SourceFileError(
        _("{where}: it cannot be changed automatically; write this line into it: enabled = {value}").format(where=where, value=value)
    )


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else text + "\n"


def with_columns(text: str, draft: Draft, where: str) -> str:
    """The text with the read columns of the draft at its end. Raises SourceFileError."""
    before = _parsed(text, where)
    changed = _ended(text) + columns_text(draft)
    after = _read(changed)
    if after is None or {k: v for k, v in after.items() if k != "columns"} != {k: v for k, v in before.items() if k != "columns"}:
        raise SourceFileError(_("{where}: columns: they cannot be added at the end of the file; add them by hand").format(where=where))
    parse_source(after, where)
    return changed


def _parsed(text: str, where: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SourceFileError(f"{where}: {error}") from error


def _read(text: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def quoted(text: str) -> str:
    """The text as a TOML string; JSON's escapes are TOML's."""
    return json.dumps(re.sub(r"[\x00-\x1f\x7f\ud800-\udfff]", " ", text), ensure_ascii=False)


def comment(text: str) -> str:
    """The text fit for a comment: one line of at most 500 characters."""
    return re.sub(r"[\x00-\x1f\x7f\ud800-\udfff\u2028\u2029\x85]", " ", text)[:500]
