"""Regions by name or code (GB/T 2260, reference/domain.md §8.2); a region means itself and all regions in it."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import NamedTuple

from notices.reference.tables import rows
from notices.text.fold import fold

MAX_NAME, _LONGEST = 40, 16
_CODE = re.compile(r"\d{2}|\d{4}|\d{6}")
_PEOPLES = (
    "蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|"
    "毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|鄂温克|德昂|保安|裕固|独龙|鄂伦春|各"
)
_AUTONOMOUS = re.compile(f"(.{{2,}}?)(?:{_PEOPLES})族?.*自治[区州县旗]")
_PLAIN = re.compile("(.{2,}?)(?:特别行政区|自治区|自治州|自治县|地区|林区|新区|[省市县区盟旗])")


def prefixes_of(value: str) -> list[str]:
    """The code prefixes that a code or a name means, most often one; empty for an unknown region."""
    wanted = fold(value)[:MAX_NAME]
    if _CODE.fullmatch(wanted):
        return [significant(c) for c in _with_earlier([wanted])]
    return [significant(c) for c in _with_earlier(_named(wanted))]


def significant(code: str) -> str:
    """The digits of a code that name a level: 410000 is 41, 410700 is 4107."""
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


def name_of(prefix: str) -> str:
    """The full name of a region, those that contain it first; the code itself when it is not known."""
    names = _by_code()
    chain = dict.fromkeys(prefix[:n].ljust(6, "0") for n in (2, 4, 6) if len(prefix) >= n)
    return "".join(names.get(code, "") for code in chain) or prefix


def region_of(body: str) -> str:
    """The code of the region that the name of a body begins with (新乡市红旗区司法局); empty where it begins with none, or with one of several."""
    code, rest = "", fold(body)
    while found := _leading(rest, code):
        name, code = found
        rest = rest[len(name) :]
    return code


class Location(NamedTuple):
    """A region's code and where it is known from: source, issuer or page. Both None when it is not known."""

    region: str | None = None
    provenance: str | None = None


def locate(source_region: str | None, *issuer_names: str | None, page_code: str | None = None) -> Location:
    """Where a notice belongs: its source's region, else that of the first of its issuer's names that begins with one, else that of its page."""
    if source_region:
        return Location(source_region, "source")
    for name in issuer_names:
        if code := region_of(name or ""):
            return Location(code, "issuer")
    return Location(page_code, "page") if page_code in _by_code() else Location()


def _leading(text: str, above: str) -> tuple[str, str] | None:
    """The longest full name that the text begins with and that means one place, in the region above; its code."""
    full, _ = _by_name()
    for length in range(min(_LONGEST, len(text)), 1, -1):
        name = text[:length]
        inside = [c for c in full.get(name, ()) if c != above and c.startswith(significant(above) if above else "")]
        if len(inside) == 1 and not (name.endswith("市") and text[length : length + 1] == "场"):
            return name, inside[0]
    return None


def _named(name: str) -> list[str]:
    """Codes of a name, or of a name after the one it lies in (河南省新乡市, 新乡红旗区)."""
    full, short = _by_name()
    if name in full:
        return full[name]
    if name in short:
        return short[name]
    for cut in range(len(name) - 2, 1, -1):
        above = full.get(name[:cut]) or short.get(name[:cut]) or []
        inside = [c for c in _named(name[cut:]) if any(c != a and c.startswith(significant(a)) for a in above)] if above else []
        if inside:
            return inside
    return []


@cache
def _by_code() -> dict[str, str]:
    earlier = {old: name for old, name, _ in rows("region_changes")}
    return earlier | {code: name for code, name in rows("regions")}


@cache
def _by_name() -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Codes by folded full name, and by short name; of several places with one short name those of the highest level."""
    full: dict[str, list[str]] = defaultdict(list)
    short: dict[str, list[str]] = defaultdict(list)
    for code, written in sorted(_by_code().items(), key=lambda item: (len(significant(item[0])), item[0])):
        name = fold(written)  # 乾县 too
        full[name].append(code)
        cut = _AUTONOMOUS.fullmatch(name) or _PLAIN.fullmatch(name)
        if cut and (cut[1] not in short or len(significant(short[cut[1]][0])) == len(significant(code))):
            short[cut[1]].append(code)
    return full, short


def _with_earlier(codes: list[str]) -> list[str]:
    """The codes, and those the same places bore before or bear today."""
    changes = [(old, new) for old, _, new in rows("region_changes")]
    more = [new for old, new in changes if old in codes] + [old for old, new in changes if new in codes]
    return list(dict.fromkeys([*codes, *more]))
