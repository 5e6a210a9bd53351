"""Similar notices: one scorer on both engines, and a prior by the issuer's level that can be switched off."""

from __future__ import annotations

import math
import random
from datetime import date
from pathlib import Path

import pytest

from index.engine import Document, Engine
from index.engines import open_engine, rebuild
from index.scoring import MOST_RUNS, grams_of, rarity, runs_of
from index.search import SearchRequest, read_query, search
from notices.reference.levels import level_of

WORDS = ("河道", "清淤", "巡查", "堤防", "加固", "物资", "储备", "值守", "预案", "演练", "通报", "整改", "验收", "资金", "拨付", "绩效")


def _document(number: int) -> Document:
    chance = random.Random(number)
    text = "，".join("".join(chance.choices(WORDS, k=4)) for _ in range(chance.randrange(2, 12)))
    title = f"关于{''.join(chance.sample(WORDS, 2))}的通知"
    return Document(number, 1, f"http://a.example/{number}", title, text)


SAME = "河道清淤应当每年进行一次，由管理单位负责。"
LAWS = [
    Document(501, 1, "http://a.example/501", "临杉市河道管理办法", SAME, level="city"),
    Document(502, 1, "http://a.example/502", "中华人民共和国河道管理条例", SAME, level="national"),
    Document(503, 1, "http://a.example/503", "临杉县河道管理细则", SAME, region="990101", level="county"),
]


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Engine]:
    folder, made = tmp_path_factory.mktemp("scoring"), {}
    for scheme in ("whoosh", "tantivy"):
        rebuild(f"{scheme}://{folder}/{scheme}", [*map(_document, range(1, 301)), *LAWS])
        made[scheme] = open_engine(f"{scheme}://{folder}/{scheme}")
    return made


@pytest.mark.parametrize("text", ["清淤河道怎么巡查", "堤防加固资金的拨付", "物资值守储备", "绩效整改验收要求", "演练预案什么时候通报"])
def test_both_engines_score_alike(engines: dict[str, Engine], text: str) -> None:
    found = {scheme: engine.search(read_query(text), limit=20).hits for scheme, engine in engines.items()}
    scores = {scheme: {hit.id: hit.score for hit in hits if not hit.exact} for scheme, hits in found.items()}
    both = scores["whoosh"].keys() & scores["tantivy"].keys()
    assert len(both) >= 14
    assert all(math.isclose(scores["whoosh"][n], scores["tantivy"][n], rel_tol=0.08) for n in both)
    assert found["whoosh"][0].score >= scores["whoosh"][max(scores["tantivy"], key=scores["tantivy"].__getitem__)] - 0.5


@pytest.mark.parametrize("scheme", ["whoosh", "tantivy"])
def test_the_law_of_the_land_goes_before_a_city_s_of_the_same_wording(engines: dict[str, Engine], scheme: str) -> None:
    request = SearchRequest("河道怎样清淤管理单位", explain=True)
    result = search(engines[scheme], request, None)
    order = [hit.id for hit, _snippet in result.hits if hit.id > 500]
    assert order == [502, 501, 503]
    told = dict(zip([hit.id for hit, _snippet in result.hits], result.explained, strict=True))
    assert told[502] is not None
    assert (told[502].level, told[502].prior) == ("national", 0.08)
    plain = {hit.id: hit.score for hit, _snippet in search(engines[scheme], request._replace(prior=False), None).hits if hit.id > 500}
    with_prior = {hit.id: hit.score for hit, _snippet in result.hits if hit.id > 500}
    assert with_prior[502] > plain[502]
    assert with_prior[503] == pytest.approx(plain[503], abs=0.01), "a county's adds nothing"


@pytest.mark.parametrize("scheme", ["whoosh", "tantivy"])
def test_a_region_switches_the_prior_off(engines: dict[str, Engine], scheme: str) -> None:
    asked = search(engines[scheme], SearchRequest("河道怎样清淤 地区:河南"), None)
    assert asked.query.prior is False
    assert search(engines[scheme], SearchRequest("河道怎样清淤"), None).query.prior is True


def test_grams_are_the_rarest_up_to_a_limit_and_short_texts_need_one_character_only() -> None:
    counts = {"甲乙": 10, "乙丙": 399_995, "丙丁": 5}
    found = grams_of("甲乙丙丁甲乙", lambda gram: counts.get(gram, 0), 400_000)
    assert list(found.pairs) == ["丙丁", "甲乙"]
    assert found.pairs["甲乙"] == pytest.approx(2 * rarity(400_000, 10))
    short = grams_of("甲丙", lambda gram: 3 if gram == "丙" else 0, 5)
    assert (short.pairs, short.singles) == ({"丙": rarity(5, 3)}, {})
    small = grams_of("甲乙丙丁甲乙", lambda gram: min(counts.get(gram, 0), 9_000), 10_000)
    assert list(small.pairs) == ["丙丁", "甲乙", "乙丙"]
    large = grams_of("甲乙丙丁甲乙", lambda gram: 4_000 * counts.get(gram, 0), 30_000)  # two for each document
    assert list(large.pairs) == ["丙丁", "甲乙"]
    assert (
        len(runs_of("".join(map(chr, range(0x4E00, 0x4E00 + 60))), {chr(n) + chr(n + 1): 1.0 for n in range(0x4E00, 0x4E00 + 60)}))
        == MOST_RUNS
    )


@pytest.mark.parametrize(
    ("title", "issuer", "region", "level"),
    [
        ("中华人民共和国河道管理条例", "", "", "national"),
        ("关于防汛的通知", "财政部", "410702", "national"),
        ("关于防汛的通知", "卫生健康委办公厅", "", ""),
        ("上海市供水条例", "", "", "province"),
        ("深圳经济特区供水条例", "", "", "city"),
        ("关于防汛的通知", "新乡市红旗区水利局", "", "county"),
        ("供水条例", "", "", ""),
        ("供水通知", "", "410700", "city"),
    ],
)
def test_levels(title: str, issuer: str, region: str, level: str) -> None:
    assert level_of(title, issuer, region) == level


def test_an_index_without_the_field_is_read_and_written_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from index.tantivy import engine as tantivy
    from index.tantivy import schema

    monkeypatch.setattr(tantivy, "schema", lambda: schema.schema(ranked=False))
    url = f"tantivy://{tmp_path}/index"
    rebuild(url, [_document(n) for n in range(1, 40)])
    monkeypatch.undo()
    opened = open_engine(url)
    assert opened.search(read_query("清淤河道怎么巡查")).relaxed > 5
    opened.close()
    opened = open_engine(url, write=True)
    opened.write([_document(41)])
    assert opened.count() == 40
    opened.close()


def test_an_index_without_columns_of_values_is_read_and_written_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from index.answer.facets import facets
    from index.laid_out import COUNTED
    from index.tantivy import engine as tantivy
    from index.tantivy import schema

    days, regions = (None, date(2020, 5, 6), date(2021, 1, 1)), ("", "410700", "410702", "990100")
    documents = [
        _document(n)._replace(
            issuer=f"机关{n % 17}" if n % 5 else "", kind=("通知", "", "公告")[n % 3], region=regions[n % 4], published_date=days[n % 3],
            state=("listed", "missing")[n % 2], validity=("unknown", "repealed")[n % 2], theme=("", "水利")[n % 2], source=f"source-{n % 3}",
        )
        for n in range(1, 60)
    ]  # fmt: skip
    monkeypatch.setattr(tantivy, "schema", lambda: schema.schema(counted=False))
    rebuild(f"tantivy://{tmp_path}/old", documents)
    monkeypatch.undo()
    rebuild(f"tantivy://{tmp_path}/new", documents)
    answers = []
    for name in ("old", "new"):
        opened = open_engine(f"tantivy://{tmp_path}/{name}", write=True)
        opened.write([_document(41)])
        query = read_query("河道")
        answers.append((opened.search(query).total, facets(opened, query)))
        opened.close()
    assert answers[0] == answers[1]
    assert answers[0][1].counted == answers[0][0] > 5
    assert all(answers[0][1].fields[name] for name in COUNTED)
