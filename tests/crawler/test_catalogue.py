"""The shipped catalogue: every row is valid and becomes a valid source file; how rows are found and read."""

from __future__ import annotations

import time
import tomllib
from collections import Counter
from datetime import date
from importlib.resources import files
from pathlib import Path

import pytest

from crawler.catalogue import LEVELS, Row, Wanted, by_site, level_of, load_catalogue, prefixes_of_region, read_rows
from crawler.list_page import FAMILIES
from crawler.source import all_sources, parse_source
from crawler.source_text import Draft, source_text
from notices.errors import UserError
from notices.reference.regions import prefixes_of
from notices.urls import canonical_url

CATALOGUE = load_catalogue()
TEXT = files("crawler").joinpath("data", "catalogue.tsv").read_text(encoding="utf-8")


def test_every_line_is_valid_and_no_column_is_there_twice() -> None:
    rows, problems = read_rows(TEXT, "catalogue.tsv")
    assert problems == []
    assert tuple(rows) == CATALOGUE.rows
    assert max(Counter(canonical_url(row.url) for row in rows).values()) == 1


def test_values_are_known() -> None:
    platforms = {family.NAME for family in FAMILIES} | {"", "plain"}
    for row in CATALOGUE.rows:
        assert row.level in LEVELS
        assert row.platform in platforms
        assert row.region == "000000" or prefixes_of(row.region), row
        assert row.place
        assert row.evidence


def test_every_row_becomes_a_valid_source_file() -> None:
    names = set()
    for row in CATALOGUE.rows:
        source = parse_source(tomllib.loads(source_text(Draft([row], date(2026, 11, 26)))), row.id)
        assert (source.name, source.publisher, source.region, source.enabled) == (row.site, row.publisher, row.region, False)
        assert [(c.name, c.url, c.kind or "") for c in source.columns] == [(row.column, row.url, row.kind)]
        names.add(row.id)
    assert len(names) == len(CATALOGUE.rows)


def test_every_site_is_one_publisher_of_one_region() -> None:
    for site, rows in by_site(CATALOGUE.rows).items():
        assert len({(row.publisher, row.region) for row in rows}) == 1, site


def test_every_default_is_found_by_its_names() -> None:
    defaults = CATALOGUE.find(Wanted(defaults=True))
    assert [row.default for row in defaults] == list(range(1, 11))
    for row in defaults:
        for name in (row.id, row.site, row.url, row.publisher, row.publisher + row.column):
            assert row in CATALOGUE.named(name), name
    assert CATALOGUE.named("国家发改委") == CATALOGUE.named("国家发展和改革委员会")
    assert CATALOGUE.named("https://www.ndrc.gov.cn/xxgk/zcfb/tz/")[0].id == "ndrc/tz"
    assert CATALOGUE.named("no such thing") == []


@pytest.mark.parametrize("words", [("广东发改委",), ("广东省", "发展和改革"), ("drc.gd.gov.cn",), ("gd-drc",)])
def test_words_find_short_and_long_names(words: tuple[str, ...]) -> None:
    assert "广东省发展和改革委员会" in {row.publisher for row in CATALOGUE.find(Wanted(words=words))}


def test_conditions_narrow_together() -> None:
    ministries = CATALOGUE.find(Wanted(levels=(level_of("部委"),)))
    assert {"教育部", "国家税务总局", "国家能源局"} <= {row.publisher for row in ministries}
    assert not {"最高人民法院", "全国人民代表大会"} & {row.publisher for row in ministries}
    inside = CATALOGUE.find(Wanted(prefixes=tuple(prefixes_of_region("泉州")), levels=("city",)))
    assert inside
    assert all(row.region.startswith("3505") for row in inside)
    with pytest.raises(UserError, match="Mars"):
        prefixes_of_region("Mars")


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("a/b\t某局", "fields"),
        ("A B\t某局\t360000\tcity\t通知\thttp://a.example/", "id"),
        ("a/b\t\t360000\tcity\t通知\thttp://a.example/", "publisher"),
        ("a/b\t某局\t36\tcity\t通知\thttp://a.example/", "region"),
        ("a/b\t某局\t360000\ttown\t通知\thttp://a.example/", "level"),
        ("a/b\t某局\t360000\tcity\t\thttp://a.example/", "column"),
        ("a/b\t某局\t360000\tcity\t通知\tfile:///etc/passwd", "url"),
        ("a/b\t某局\t360000\tcity\t通知\thttp://a.example/\t\t\t\tyesterday", "date"),
    ],
)
def test_bad_line_is_named_and_skipped(line: str, what: str) -> None:
    good = "c/d\t某局\t360000\tcity\t通知\thttp://b.example/"
    rows, problems = read_rows(f"# a comment\n{line}\n{good}\n", "own.tsv")
    assert [row.id for row in rows] == ["c/d"]
    assert problems[0].startswith("own.tsv:2: ")
    assert what in problems[0]


def test_own_rows_take_the_place_of_shipped_ones(tmp_path: Path) -> None:
    own = tmp_path / "catalogue.tsv"
    own.write_text("ndrc/tz\t国家发展和改革委员会\t000000\tcentral\t通知\thttps://www.ndrc.gov.cn/moved/\n", encoding="utf-8")
    catalogue = load_catalogue(own)
    assert len(catalogue.rows) == len(CATALOGUE.rows)
    assert [row.url for row in catalogue.named("ndrc/tz")] == ["https://www.ndrc.gov.cn/moved/"]


def test_hostile_row_cannot_leave_its_comment_or_string() -> None:
    row = Row("a/b", '某局"\nenabled = true #', "360000", "city", '通"知', "http://a.example/", reach='x\u2028\nenabled = true\n"')
    source = parse_source(tomllib.loads(source_text(Draft([row], date(2026, 11, 26), unread={row.url: "why\nenabled = true"}))), "x")
    assert source.enabled is False


def test_shipped_sources_agree_with_the_catalogue() -> None:
    """A shipped source is of a site of the catalogue, or its notes say why it is not to be relied on."""
    hosts = {canonical_url(row.url).split("/")[2] for row in CATALOGUE.rows}
    for source, _ in all_sources(Path("nowhere")).values():
        known = bool(hosts & set(source.all_hosts()))
        assert known or "out of date" in source.notes, source.name


def test_catalogue_loads_in_little_time() -> None:
    started = time.process_time()
    read_rows(TEXT, "")
    assert time.process_time() - started < 1.0  # a generous bound of CPU time: checking every line; loading checks none
