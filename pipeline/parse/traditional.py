"""Pages in traditional characters, as the readers of labels know them: 發布日期：115-09-01 becomes 发布日期：2026-09-01. Texts stay as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from notices.text.dates import find_dates, minguo_day
from notices.text.fold import simplified
from pipeline.parse.labels import concept_of, label_spans

_SAMPLE = 3000  # characters of a page that are looked at
_LEAST, _LEAST_SHARE = 4, 0.08  # a text in traditional characters has a quarter of them; a simplified one that quotes some, fewer
_LONGEST_LINE = 300
_DATED = frozenset(("published_date", "shown_date", "written_date", "effective_date", "expiry_date"))
# A year of three digits: 99-09-01 may be of 1999, and in Hong Kong the day comes first. 115 is 2026.
_MINGUO = re.compile(r"(?<![\d./_-])(1\d\d)([-/.])(\d{1,2})\2(\d{1,2})(?!\d|[./-]\d)")


class TraditionalPage:
    """Whether a page is in traditional characters, and its lines with labels and the days behind them as simplified pages have them.

    Days of the Republic without its name are read behind a label of a date only, and on a line of their own if the site is Taiwanese or the
    page names the Republic.
    """

    def __init__(self, lines: Sequence[str], url: str) -> None:
        sample = "".join(lines)[:_SAMPLE]
        plain = simplified(sample)
        changed = sum(a != b for a, b in zip(sample, plain, strict=True)) if plain != sample else 0  # most pages end here
        self.is_traditional = changed >= _LEAST and changed >= _LEAST_SHARE * sum("\u4e00" <= c <= "\u9fff" for c in sample)
        host = urlsplit(url).hostname or ""
        self._of_the_republic = host.endswith(".tw") or "民國" in sample

    def read(self, lines: Sequence[str]) -> list[str]:
        """The lines, one for one."""
        if not self.is_traditional:
            return list(lines)
        read, dated = [], False
        for line in lines:
            if len(line) > _LONGEST_LINE:
                read.append(line)
                dated = False
                continue
            labelled, concepts = _labelled(line)
            alone = self._of_the_republic and _MINGUO.fullmatch(labelled.strip()) is not None
            read.append(_with_western_days(labelled) if dated or alone or concepts & _DATED else labelled)
            dated = bool(concepts & _DATED) and not _MINGUO.search(labelled)  # a label alone: its value is on the next line
        return read


def _labelled(line: str) -> tuple[str, set[str]]:
    """The line with its labels in simplified characters, and the concepts of these."""
    cells, concepts = [], set[str]()
    for cell in line.split("\t"):
        plain = simplified(cell)
        concept = concept_of(plain)
        spans = [(0, len(plain), concept)] if concept else list(label_spans(plain))
        made, at = "", 0
        for start, end, named in spans:
            concepts.add(named)
            made, at = made + cell[at:start] + plain[start:end], end
        cells.append(made + cell[at:])
    return "\t".join(cells), concepts


def _with_western_days(line: str) -> str:
    for start, end, day in reversed(find_dates(line)):
        if "民" in line[start:end]:
            line = line[:start] + day.isoformat() + line[end:]
    return _MINGUO.sub(_western, line)


def _western(found: re.Match[str]) -> str:
    day = minguo_day(found[1], found[3], found[4])
    return day.isoformat() if day else found[0]
