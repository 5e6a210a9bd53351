"""Other names of what a query names: curated aliases, agencies and their successors, offices of every level, the archive's own."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from index.meaning.aliases import is_most_of, meanings_of, shorts_for
from notices.errors import ConfigError
from notices.reference.tables import rows
from notices.text.fold import fold
from notices.text.language import _

MOST_NAMES = 40  # an agency with all its predecessors has up to 20
_MOST_INSIDE = 12  # of a part of a word: each is two runs
_SHORTEST_BODY, _LONGEST_WORD = 3, 30
_CENTRAL = ("国家", "国务院", "中国", "全国", "中央")
_LEVEL = r"(?:国家|全国|[\u4e00-\u9fff]{0,12}?(?:省|市|区|县|州|盟|旗|自治区|自治州|自治县))?"


class OtherNames(NamedTuple):
    """Folded names that mean the same as a folded word. `kind`: agency, office or alias."""

    kind: str
    names: tuple[str, ...]


def other_names(word: str, home: Path | None) -> OtherNames | None:
    """The other names of a folded word; None for an ordinary word."""
    if not 2 <= len(word) <= 60:
        return None
    by_kind = (("agency", agency_names(word)), ("office", office_names(word)), ("alias", _alias_names(word, home)))
    names = _distinct_names(word, [name for _, found in by_kind for name in found])
    kind = next((kind for kind, found in by_kind if found), "")
    return OtherNames(kind, names[:MOST_NAMES]) if names else None


def names_inside(word: str, home: Path | None) -> OtherNames | None:
    """The meaning of a word that begins or ends with a known name: 两感调查 is 公众安全感和政法机关执法满意度 调查; None for other words.

    Name and rest are two runs; the name as typed comes first. The longest such name counts. Aliases that the archive's texts define
    are not used here: there are many, and words begin with them by chance.
    """
    for length in range(len(word) - 2, 1, -1) if len(word) <= _LONGEST_WORD else ():
        for start in (0, len(word) - length):
            part, rest = word[start : start + length], word[:start] + word[start + length :]
            kind, names = _names_of_part(part, home)
            if names and not (part.endswith("部") and rest.startswith("门")):
                return OtherNames(kind, tuple(f"{rest} {name}" if start else f"{name} {rest}" for name in (part, *names)[:_MOST_INSIDE]))
    return None


def _names_of_part(part: str, home: Path | None) -> tuple[str, tuple[str, ...]]:
    """The kind and the names of a part of a word: aliases of the tables, and bodies with names of three characters or more."""
    if names := _distinct_names(part, [*_by_short(home).get(part, ()), *_by_long(home).get(part, ())]):
        return "alias", names
    if len(part) < _SHORTEST_BODY:
        return "", ()
    if names := _distinct_names(part, agency_names(part)):
        return "agency", names
    return "office", _distinct_names(part, office_names(part))


def _distinct_names(word: str, names: list[str]) -> tuple[str, ...]:
    """The names that neither contain the word nor are part of it: such names find the same documents, or less precise ones.

    国家卫生健康委 is as precise as 国家卫生健康委员会: notices are signed with either.
    """
    return tuple(n for n in dict.fromkeys(names) if word not in n and (n not in word or word == f"{n}员会"))


def shorts_of_words(words: list[str], home: Path | None) -> tuple[str, ...]:
    """Short forms whose long form contains all the folded words and little else."""
    if not words or min(map(len, words)) < 2:
        return ()
    found: list[str] = []
    for long, shorts in _by_long(home).items():
        if is_most_of(words, long):
            found += shorts
    found += shorts_for(home, words) if home else []
    return tuple(dict.fromkeys(found))[:MOST_NAMES]


def agency_names(word: str) -> list[str]:
    """Full and short names of a central body, of those it came from and of those that took over from it."""
    by_name, predecessors, successors, shorts = _agencies()
    family: dict[str, None] = {}
    for full in by_name.get(word, ()):
        family[full] = None
        for relation in (successors, predecessors):
            family.update(dict.fromkeys(_closure(full, relation)))
    return [name for full in family for name in (full, *(s for s in shorts.get(full, ()) if _as_central(s, full, word)))]


def _as_central(short: str, full: str, word: str) -> bool:
    """Whether a short name means only the central body: 统计局 is every county's too, as 发改委 is for 国家发改委."""
    central = word.startswith(_CENTRAL) and not short.startswith(_CENTRAL) and short[-1] in "委局办"
    return short not in full and not central


def office_names(word: str) -> list[str]:
    """The full and short names of an office, the region or level before it kept."""
    offices, found = _offices(), list[str]()
    ends = (word[at:] for at in range(len(word)) if word[at:] in offices)
    for row, ending in sorted((row, end) for end in ends for row in offices[end]):
        before = word.removesuffix(ending)
        if re.fullmatch(_LEVEL, before):
            found += [before + other for other in rows("offices")[row] if other != ending]
    return found


@cache
def _offices() -> dict[str, list[int]]:
    """The rows of the table of offices that contain a name."""
    made: dict[str, list[int]] = defaultdict(list)
    for number, names in enumerate(rows("offices")):
        for name in dict.fromkeys(names):
            made[name].append(number)
    return dict(made)


def _closure(full: str, relation: dict[str, tuple[str, ...]]) -> list[str]:
    reached: dict[str, None] = {}
    waiting = [full]
    while waiting:
        for other in relation.get(waiting.pop(), ()):
            if other not in reached and other != full:
                reached[other] = None
                waiting.append(other)
    return list(reached)


@cache
def _agencies() -> tuple[dict[str, list[str]], dict[str, tuple[str, ...]], dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Full names by any name; predecessors, successors and short names by full name."""
    by_name: dict[str, list[str]] = defaultdict(list)
    predecessors, shorts = {}, {}
    successors: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for full, short, before in rows("agencies"):
        shorts[full] = tuple(short.split())
        predecessors[full] = tuple(before.split())
        for name in (full, *shorts[full]):
            by_name[name].append(full)
        for earlier in predecessors[full]:
            successors[earlier] += (full,)
    return by_name, predecessors, successors, shorts


def _alias_names(word: str, home: Path | None) -> list[str]:
    by_short, by_long = _by_short(home), _by_long(home)
    curated = [*by_short.get(word, ()), *by_long.get(word, ())]
    return curated + (meanings_of(home, word) if home else [])


@cache
def _by_short(home: Path | None) -> dict[str, tuple[str, ...]]:
    curated = {short: tuple(longs) for short, *longs in rows("aliases")}
    for short, longs in own_aliases(home).items():
        curated[short] = tuple(dict.fromkeys([*longs, *curated.get(short, ())]))
    return curated


@cache
def _by_long(home: Path | None) -> dict[str, tuple[str, ...]]:
    made: dict[str, tuple[str, ...]] = defaultdict(tuple)
    for short, longs in _by_short(home).items():
        for long in longs:
            made[long] += (short,)
    return dict(made)


def own_aliases(home: Path | None) -> dict[str, tuple[str, ...]]:
    """The archive's curated additions, aliases.toml: short = "long" or ["long", ...]. Raises ConfigError for anything else."""
    path = home / "aliases.toml" if home else None
    if path is None or not path.exists():
        return {}
    import tomllib  # only archives with an aliases.toml load it

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    return {_folded(path, short, short): tuple(_folded(path, short, v) for v in _listed(longs)) for short, longs in table.items()}


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else [value]


def _folded(path: Path, key: str, value: object) -> str:
    if not isinstance(value, str) or not fold(value):
        raise ConfigError(
            _('{path}: {key}: {value!r} is not a name. Use "short" = "long" or "short" = ["long", "another"]').format(
                path=path, key=key, value=value
            )
        )
    return fold(value)
