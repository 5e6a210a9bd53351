"""Pictures of simulated years: how fast an archive fills, and how much of the writer's lock is in use."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from itertools import accumulate

from benchmarks.scale.simulation import DAY, Plan, Year
from benchmarks.search_report import svg, text

_COLOURS = ("#4477aa", "#228833", "#cc3311", "#ee7733", "#aa3377", "#777777")
_LEFT, _TOP, _WIDTH, _HEIGHT = 70, 60, 640, 300
_DAYS = (0, 30, 60, 90, 120, 150, 180)


def filling(runs: Sequence[tuple[str, Plan, Year]]) -> str:
    """The share of the stock that is archived, by day."""
    lines = []
    for name, plan, year in runs:
        stock = plan.notices / (1 + plan.costs["yearly"])
        lines.append((name, [min(1.0, done / stock) * 100 for done in accumulate(year.notices)][: _DAYS[-1]]))
    return _picture("What was there on the first day, and is archived", "percent", lines, 100)


def lock_use(runs: Sequence[tuple[str, Plan, Year]]) -> str:
    """The use of the writer's lock on each day, in percent."""
    lines = [(name, [value / DAY * 100 for value in year.lock][: _DAYS[-1]]) for name, _plan, year in runs]
    return _picture(
        "The writer's lock: work asked of it on each day", "percent of the day", lines, max(100.0, *(max(v) for _n, v in lines))
    )


def _picture(title: str, side: str, lines: Sequence[tuple[str, list[float]]], most: float) -> str:
    top = -(-most // 25) * 25
    parts = [text(_LEFT + _WIDTH / 2, 24, title, 15), text(_LEFT + _WIDTH / 2, _TOP + _HEIGHT + 40, "day")]
    parts.append(
        f'<text x="18" y="{_TOP + _HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 18 {_TOP + _HEIGHT / 2})">{escape(side)}</text>'
    )
    for step in range(int(top // 25) + 1):
        if top > 150 and step % 2:
            continue
        y = _y(25 * step, top)
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + _WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{25 * step}</text>')
    parts += [text(_x(day), _TOP + _HEIGHT + 20, str(day)) for day in _DAYS]
    for place, (name, values) in enumerate(lines):
        points = " ".join(f"{_x(day + 1):.1f},{_y(value, top):.1f}" for day, value in enumerate(values))
        colour, dashes = _COLOURS[place % len(_COLOURS)], ' stroke-dasharray="6 6"' if place % 2 else ""
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>')
        y = _TOP + _HEIGHT + 64 + 20 * place
        parts.append(
            f'<rect x="{_LEFT}" y="{y - 10}" width="12" height="12" fill="{colour}"/><text x="{_LEFT + 18}" y="{y}">{escape(name)}</text>'
        )
    return svg(_LEFT + _WIDTH + 30, _TOP + _HEIGHT + 70 + 20 * len(lines), parts)


def _x(day: float) -> float:
    return _LEFT + _WIDTH * day / _DAYS[-1]


def _y(value: float, top: float) -> float:
    return _TOP + _HEIGHT * (1 - value / top)
