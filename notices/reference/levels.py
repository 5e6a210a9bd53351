"""The level of government that a notice speaks for: the nation, a province, a city, a county (GB/T 2260's levels)."""

from __future__ import annotations

import re
from functools import cache

from notices.reference.regions import prefixes_of, region_of, significant
from notices.reference.tables import rows
from notices.text.fold import fold

_NATION = re.compile(r"中华人民共和国|全国人民代表大会|全国人大|国务院|最高人民(?:法院|检察院)|中共中央|中国共产党中央|中央军委|国家")
_ZONE = re.compile(r"(.{2,4}?)经济特区")  # 深圳经济特区…条例: a city's, whose name is written there without 市
_LEVELS = {2: "province", 4: "city", 6: "county"}


def level_of(title: str, issuer: str, region: str) -> str:
    """national, province, city or county; empty where nothing tells. `region`: the notice's region code, or empty.

    What the issuer or the title begins with goes before the region, which may be the source's: a county's site shows the nation's laws too.
    """
    for name in (issuer, title):
        if code := _local(name):
            return _LEVELS[len(significant(code))]
        if _is_national(name):
            return "national"
    return _LEVELS.get(len(significant(region)), "") if region else ""


def _local(name: str) -> str:
    """The code of the region that the name begins with; empty without one."""
    zone = _ZONE.match(name)
    codes = prefixes_of(zone[1]) if zone else []
    return codes[0] if codes else region_of(name)


def _is_national(name: str) -> bool:
    """Whether the name begins with a body of the centre or with the country."""
    plain = fold(name)
    return bool(_NATION.match(plain)) or any(plain.startswith(body) for body in _bodies().get(plain[:2], ()))


@cache
def _bodies() -> dict[str, tuple[str, ...]]:
    """Full names of central bodies by their first two characters, and the short names that no other level bears."""
    found: dict[str, list[str]] = {}
    for full, shorts, _before in rows("agencies"):
        for name in (full, *shorts.split()):
            if name == full or not name.endswith(("委", "局", "办")):
                found.setdefault(fold(name)[:2], []).append(fold(name))
    return {start: tuple(names) for start, names in found.items()}
