"""Hours of the day in the time zone of the archive, such as those in which no crawl begins."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from notices.text.language import _

ZONE = ZoneInfo("Asia/Shanghai")
_SPAN = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-4]):([0-5]\d)")
_DAY = 24 * 60


class Span(NamedTuple):
    """Minutes of a day in the archive's time zone; one that ends before it begins passes midnight."""

    begin: int
    end: int


def read_spans(text: str) -> tuple[Span, ...]:
    """Hours such as "08:00-09:30, 23:00-01:00". Raises ValueError naming the part that is no such span."""
    spans = []
    for part in filter(None, re.split(r"[,;，；\s]+", text)):
        found = _SPAN.fullmatch(part)
        span = found and Span(int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4]))
        if not span or span.end > _DAY or span.begin == span.end:
            raise ValueError(_("{part!r} is not a span of hours such as 08:00-09:30").format(part=part))
        spans.append(span)
    if _held(spans, 0) >= _DAY:
        raise ValueError(_("they cover the whole day: nothing would ever begin"))
    return tuple(spans)


def held_until(spans: tuple[Span, ...], now: datetime) -> datetime | None:
    """When the hours end in which this moment is; None when it is in none. Spans that touch are one."""
    local = now.astimezone(ZONE)
    minutes = _held(spans, local.hour * 60 + local.minute)
    return local.replace(second=0, microsecond=0) + timedelta(minutes=minutes) if minutes else None


def _held(spans: Iterable[Span], minute: int) -> int:
    """For how many minutes from this minute of the day on the spans go on without a gap; a day at most."""
    held, spans = 0, tuple(spans)
    while held < _DAY:
        at = (minute + held) % _DAY
        rest = max(((end - at) % _DAY or _DAY for begin, end in spans if (at - begin) % _DAY < ((end - begin) % _DAY or _DAY)), default=0)
        if not rest:
            return held
        held += rest
    return _DAY
