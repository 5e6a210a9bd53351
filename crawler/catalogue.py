"""The catalogue: list pages of official sites as facts, shipped with the program (docs/catalogue.md)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

from notices.errors import SourceFileError, UserError
from notices.reference.regions import name_of, prefixes_of, significant
from notices.reference.tables import rows as table
from notices.text.fold import fold
from notices.text.language import _
from notices.urls import canonical_url, is_address

NATION = "000000"
UNNAMED = "未标明"
LEVELS = ("central", "provincial", "city", "district", "university", "other")
_LEVEL_NAMES = {
    "national": "central", "中央": "central", "国家": "central", "部委": "ministry", "部门": "ministry", "ministries": "ministry",
    "province": "provincial", "省": "provincial", "省级": "provincial", "市": "city", "市级": "city", "地级": "city",
    "county": "district", "县": "district", "区": "district", "区县": "district", "县区": "district", "高校": "university", "大学": "university",
}  # fmt: skip
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}/[a-z0-9][a-z0-9_-]{0,79}")
_CODE = re.compile(r"\d{6}")
_DATE = re.compile(r"(?:\d{4}(?:-\d\d(?:-\d\d)?)?)?")
_DEFAULT = re.compile(r"default-(\d{1,3})")
_PLACE_ENDINGS = re.compile(r"[省市县区州盟旗的]|自治|维吾尔|壮族|回族")  # left out where 广东发改委 is compared with 广东省发改委
_NEAREST = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One column of the catalogue. The fields up to `marks` are those of a line; empty where the evidence is silent."""

    id: str
    publisher: str
    region: str
    level: str
    column: str
    url: str
    kind: str = ""
    platform: str = ""
    paging: str = ""
    date: str = ""
    evidence: str = ""
    reach: str = ""
    marks: str = ""

    @property
    def site(self) -> str:
        """The name of the source file that the row belongs to."""
        return self.id.partition("/")[0]

    @property
    def default(self) -> int | None:
        """The place among the defaults of a new archive, from 1."""
        found = _DEFAULT.search(self.marks)
        return int(found[1]) if found else None

    @property
    def is_ministry(self) -> bool:
        """Whether the publisher is a body of the State Council."""
        return "ministry" in self.marks.split()

    @property
    def place(self) -> str:
        """The name of the region, those it is located in first."""
        return "全国" if self.region == NATION else name_of(significant(self.region))


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The rows in the order of their files, and one sentence for every line that is not valid."""

    rows: tuple[Row, ...]
    problems: tuple[str, ...] = ()

    def find(self, wanted: Wanted) -> list[Row]:
        """The rows that meet every condition; the defaults come in their order, others in that of the file."""
        found = [row for row in self.rows if wanted.admits(row)]
        return sorted(found, key=lambda row: row.default or 0) if wanted.defaults else found

    def named(self, name: str) -> list[Row]:
        """The rows that a name means: an id, a site, a host, an address, a publisher (short forms too), or publisher and column together."""
        if "://" in name:
            key = _address_key(name)
            return [r for r in self.rows if _address_key(r.url) == key] if key else []
        exact = [r for r in self.rows if name in (r.id, r.site, urlsplit(r.url).hostname)]
        return exact or self._by_publisher(fold(name))

    def _by_publisher(self, folded: str) -> list[Row]:
        """Rows of the publisher of that name; where it has no such publisher, those whose publisher and column the name puts together."""
        if not folded:
            return []
        names = {fold(r.publisher) for r in self.rows} & {folded, *_full_names(folded)}
        whole = [r for r in self.rows if fold(r.publisher) in names]
        return whole or [r for r in self.rows if fold(r.publisher + r.column) == folded]

    def nearest(self, text: str) -> list[Row]:
        """Rows, one a site, whose publisher and column share most pairs of characters with the text; at most five."""
        pairs = _pairs(fold(text))
        best: dict[str, tuple[float, Row]] = {}
        for row in self.rows:
            own = _pairs(fold(row.publisher + row.column)) | _pairs(fold(row.site))
            score = len(pairs & own) / (len(pairs | own) or 1)
            if score > best.get(row.site, (0.0, row))[0]:
                best[row.site] = (score, row)
        ranked = sorted(best.values(), key=lambda item: -item[0])
        return [row for score, row in ranked[:_NEAREST] if score > 0.05]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a search asks for. An empty field asks for nothing; several values of one field are alternatives, words must all occur."""

    words: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()  # of region codes, see prefixes_of_region
    levels: tuple[str, ...] = ()  # see level_of
    kinds: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    defaults: bool = False

    def __bool__(self) -> bool:
        return any((self.words, self.prefixes, self.levels, self.kinds, self.platforms, self.defaults))

    def admits(self, row: Row) -> bool:
        """Whether the row meets every condition. A region includes the places in it; a kind is a kind or a part of a column's name."""
        return (
            (not self.defaults or row.default is not None)
            and (not self.prefixes or row.region.startswith(self.prefixes))
            and (not self.levels or row.level in self.levels or ("ministry" in self.levels and row.is_ministry))
            and (not self.platforms or (row.platform or "unknown") in self.platforms)
            and (not self.kinds or any(fold(k) == fold(row.kind) or fold(k) in fold(row.column) for k in self.kinds))
            and all(_occurs(fold(word), row) for word in self.words)
        )


def level_of(name: str) -> str:
    """The level that a word means. Raises UserError."""
    level = _LEVEL_NAMES.get(name.strip().lower(), name.strip().lower())
    if level not in LEVELS and level != "ministry":
        raise UserError(_("{name!r} is not a level; use one of {names}").format(name=name, names=", ".join(("ministry", *LEVELS))))
    return level


def prefixes_of_region(name: str) -> list[str]:
    """The beginnings of the region codes that a name or a code means. Raises UserError."""
    if name.strip() in ("全国", "中央", NATION):
        return [NATION]
    found = prefixes_of(name)
    if not found:
        raise UserError(_("{name!r} is not a known region; use a name such as 江苏 or 新乡市, or a code such as 320000").format(name=name))
    return found


def load_catalogue(own: Path | None = None) -> Catalogue:
    """The shipped rows and those of the user's own file, which take the place of shipped ones of the same id. A bad line never stops the others."""
    rows = {row.id: row for row in _shipped()}
    problems: list[str] = []
    if own is not None and own.exists():
        try:
            found, problems = read_rows(own.read_text(encoding="utf-8"), str(own))
            rows |= {row.id: row for row in found}
        except (OSError, UnicodeDecodeError) as error:
            problems = [f"{own}: {error}"]
    return Catalogue(tuple(rows.values()), tuple(problems))


@cache
def _shipped() -> tuple[Row, ...]:
    text = files("crawler").joinpath("data", "catalogue.tsv").read_text(encoding="utf-8")
    return tuple(Row(*line.split("\t")) for line in text.splitlines() if line and not line.startswith("#"))  # a test checks its lines


def read_rows(text: str, where: str) -> tuple[list[Row], list[str]]:
    """The rows of a catalogue file, and for every bad line a sentence that names it and its fault."""
    rows: list[Row] = []
    problems: list[str] = []
    known: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            row = _checked_row(line)
            if row.id in known:
                raise SourceFileError(_("id: {id!r} is already that of line {known}").format(id=row.id, known=known[row.id]))
        except SourceFileError as error:
            problems.append(f"{where}:{number}: {error}")
            continue
        known[row.id] = number
        rows.append(row)
    return rows, problems


def _checked_row(line: str) -> Row:
    """The row of a line. Raises SourceFileError naming the field and the value."""
    values = line.split("\t")
    if not 6 <= len(values) <= len(fields(Row)):
        raise SourceFileError(_("{count} fields between tabs, not 6 to {most}").format(count=len(values), most=len(fields(Row))))
    row = Row(*(v.strip() for v in values))
    checks: tuple[tuple[str, str, Callable[[str], object], str], ...] = (
        ("id", row.id, _ID.fullmatch, _("site/column of a-z 0-9 _ -")),
        ("publisher", row.publisher, bool, _("a name")),
        ("region", row.region, _CODE.fullmatch, _("a six-digit code")),
        ("level", row.level, LEVELS.__contains__, _("one of {names}").format(names=", ".join(LEVELS))),
        ("column", row.column, bool, _("a name ({unnamed} where it is not known)").format(unnamed=UNNAMED)),
        ("url", row.url, is_address, _("an absolute http(s) address")),
        ("date", row.date, _DATE.fullmatch, "YYYY, YYYY-MM or YYYY-MM-DD"),
    )
    for name, value, is_good, allowed in checks:
        if not is_good(value):
            raise SourceFileError(_("{name}: {value!r} is not {allowed}").format(name=name, value=value, allowed=allowed))
    return row


def _address_key(url: str) -> str:
    """The address without scheme, ending slash and index page (a user gives it as the browser shows it); empty for other text."""
    try:
        return re.sub(r"(?:/index\.s?html?|/)$", "", canonical_url(url).partition("://")[2])
    except ValueError:
        return ""


def count_by(rows: Iterable[Row], value: Callable[[Row], str]) -> Counter[str]:
    """How many rows have each value."""
    return Counter(map(value, rows))


def by_site(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The rows by the source file that they belong to, in order."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.site, []).append(row)
    return found


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


@cache
def _forms(publisher: str) -> tuple[str, ...]:
    """A publisher's name, folded, with its short forms: 国家发展和改革委员会, 国家发改委; 江苏省发展和改革委员会, 江苏省发改委."""
    full = fold(publisher)
    short = [s for name, *shorts in _offices() if full.endswith(name) for s in (full[: -len(name)] + short for short in shorts)]
    return full, *short, *_central_short().get(full, ())


def _full_names(folded: str) -> list[str]:
    """The full names that a short one means."""
    central = [full for full, shorts in _central_short().items() if folded in shorts]
    return central + [
        folded[: -len(short)] + name for name, *shorts in _offices() for short in shorts if folded.endswith(short) and folded != short
    ]


@cache
def _offices() -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(map(fold, row)) for row in table("offices"))


@cache
def _central_short() -> dict[str, tuple[str, ...]]:
    return {fold(full): tuple(map(fold, shorts.split())) for full, shorts, *_ in table("agencies")}


@cache
def _haystack(row: Row) -> tuple[str, str]:
    """What words are looked for in, and the same without the endings of places."""
    whole = "\n".join((*_forms(row.publisher), fold(row.column), fold(row.place), row.id, fold(row.url)))
    return whole, _PLACE_ENDINGS.sub("", whole)


def _occurs(word: str, row: Row) -> bool:
    whole, plain = _haystack(row)
    return word in whole or (len(bare := _PLACE_ENDINGS.sub("", word)) > 1 and bare in plain)
