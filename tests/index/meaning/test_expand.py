"""What is read into a query: numbers, aliases, agencies, regions; said in the answer, below what holds the query's own letters."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from index.answer.tiers import answer
from index.engine import Answer, Document, Engine
from index.engines import open_engine, rebuild
from index.meaning.aliases import meanings_of, shorts_for, write_aliases
from index.meaning.names import other_names
from index.query.parse import Filters
from index.query.tree import Is
from index.search import read_query
from notices.errors import ConfigError, QuerySyntaxError
from notices.reference.numbers import parse_number
from notices.reference.regions import name_of, prefixes_of, region_of
from notices.reference.tables import rows
from notices.text.fold import fold


def document(ident: int, title: str, text: str = "", number: str = "", **more: object) -> Document:
    read = parse_number(number) if number else None
    keys = {"document_number": number, "number_key": read.key, "number_loose": read.loose} if read else {}
    return Document(id=ident, revision=1, url=f"https://a.example/{ident}", title=title, text=text, **keys, **more)  # type: ignore[arg-type]


CORPUS = [
    document(1, "关于临杉市“两感”指数的通知", "抓好测评。", published_date=date(2020, 10, 16)),
    document(2, "关于公众安全感和政法机关执法满意度的通报", "测评结果如下。", published_date=date(2021, 1, 2)),
    document(3, "政府网站规范", "网站", "临政办发〔2017〕47号"),
    document(4, "政府网站旧规范", "依照", "临政办发〔2016〕47号"),
    document(5, "河道规范", "河道", "临水发〔2017〕47号"),
    document(6, "网站检查", "依照临政办发〔2017〕47号执行。", "临政办发〔2018〕3号"),
    document(7, "土地公告", "国土资源部公布。", issuer="国土资源部", region="410728"),
    document(8, "矿产公告", "公布。", issuer="自然资源部", region="410700"),
    document(9, "薪酬意见", "人力资源和社会保障部办公厅印发。", issuer="人力资源和社会保障部", region="420100"),
]


@pytest.fixture(scope="module", params=["whoosh", "tantivy"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    url = f"{request.param}://{tmp_path_factory.mktemp('understand')}/index"
    rebuild(url, CORPUS)
    made = open_engine(url)
    yield made
    made.close()


def asked(engine: Engine, text: str, **options: object) -> Answer:
    return answer(engine, read_query(text, **options), limit=20)  # type: ignore[arg-type]


def exact(found: Answer) -> list[int]:
    return [hit.id for hit in found.hits if hit.exact]


def near(found: Answer) -> list[int]:
    return [hit.id for hit in found.hits if not hit.exact]


@pytest.mark.parametrize(
    "query",
    [
        "临政办发〔2017〕47号",
        "临政办发[2017]47号",
        "临政办发（2017）47号",
        "临政办发 2017 47",
        "临政办发2017年47号",
        "臨政辦發〔2017〕47號",
    ],
)
def test_a_number_in_any_notation_ranks_itself_then_its_code_then_its_year(engine: Engine, query: str) -> None:
    found = asked(engine, query)
    assert exact(found)[0] == 3
    assert set(exact(found)) <= {3, 6}
    assert [i for i in near(found) if i in (4, 5)] == [4, 5]
    assert near(found)[:2] == [4, 5]


def test_a_number_is_found_where_it_is_cited_in_every_notation(engine: Engine) -> None:
    for query in ("临政办发〔2017〕47号", "临政办发2017年47号", "临政办发 2017 47"):
        assert exact(asked(engine, query)) == [3, 6], query
    assert exact(asked(engine, "临政办发2017年47号", exact=True)) == []


@pytest.mark.parametrize(
    ("query", "meaning"),
    [
        ("财政部 税务总局公告2020年第8号", "财政部税务总局公告2020年第8号"), ("公告2020年第9号", "公告2020年第9号"), ("国务院第450号令", "国务院令第450号"),
        ("临政办发 2017 47", "临政办发〔2017〕47号"), ("临政办发2017", "临政办发〔2017〕…号"), ("47号文", "…〔…〕47号"),
    ],
)  # fmt: skip
def test_a_number_is_said_as_its_series_writes_it(query: str, meaning: str) -> None:
    assert [note.meaning for note in read_query(query).interpretations] == [meaning]


def test_a_number_among_other_words_is_found_in_every_notation(engine: Engine) -> None:
    found = asked(engine, "临政办发2017年47号 网站")
    assert set(exact(found)) == {3, 6}
    assert [note.meaning for note in read_query("临政办发2017年47号 网站").interpretations] == ["临政办发〔2017〕47号"]
    assert exact(asked(engine, "标题:检查 临政办发2017年47号")) == [6]


def test_a_number_is_not_found_outside_the_part_that_is_looked_into(engine: Engine) -> None:
    assert exact(asked(engine, "临政办发2017年47号", filters=Filters(scope="title"))) == []
    assert exact(asked(engine, "临政办发2017年47号", filters=Filters(scope="text"))) == [6]


@pytest.mark.parametrize(
    ("query", "ids"), [("临政办发47号", {3, 4}), ("〔2017〕47号", {3, 5, 6}), ("47号文", {3, 4, 5}), ("临政办发2017", {3})]
)
def test_a_part_of_a_number_finds_every_number_that_has_it(engine: Engine, query: str, ids: set[int]) -> None:
    assert set(exact(asked(engine, query))) == ids


@pytest.mark.parametrize(
    ("query", "first", "then"),
    [
        ("两感", [1], 2),
        ("公众安全感和政法机关执法满意度", [2], 1),
        ("公众安全感 执法满意度", [2], 1),
        ("人社部", [], 9),
        ("自然资源部", [8], 7),
        ("国土资源部", [7], 8),
    ],
)
def test_other_names_find_below_the_letters(engine: Engine, query: str, first: list[int], then: int) -> None:
    found = asked(engine, query)
    assert exact(found) == first
    assert near(found)[0] == then
    assert read_query(query).interpretations


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("两感测评", "公众安全感和政法机关执法满意度 测评"), ("公众安全感和政法机关执法满意度测评", "两感 测评"),
        ("落实双减", "落实 减轻义务教育阶段学生作业负担和校外培训负担"),
        ("人社部通知", "人力资源和社会保障部 通知"), ("省发改委文件", "省发展和改革委员会 文件"),
    ],
)  # fmt: skip
def test_a_known_name_inside_a_word_is_understood(word: str, meaning: str) -> None:
    assert meaning in read_query(word).interpretations[0].meaning.split("、")
    assert read_query(word, exact=True).interpretations == ()


def test_what_a_name_inside_a_word_means_is_found_below_the_letters(engine: Engine) -> None:
    found = asked(engine, "两感测评")
    assert exact(found) == []
    assert set(near(found)[:2]) == {1, 2}


@pytest.mark.parametrize("word", ["安全通知", "人事部门", "各级建设部门", "双安全生产", "防汛工作会议"])
def test_words_that_only_look_like_a_name_mean_nothing_else(word: str) -> None:
    assert read_query(word).interpretations == ()


def test_every_exact_hit_holds_what_was_typed(engine: Engine) -> None:
    for query in ("两感", "人社部", "自然资源部", "公众安全感 执法满意度"):
        for hit in asked(engine, query).hits:
            held = next(d for d in CORPUS if d.id == hit.id)
            assert not hit.exact or all(word in fold(held.title + held.text + held.issuer) for word in query.split())


def test_exact_and_quotation_marks_switch_understanding_off(engine: Engine) -> None:
    assert [h.id for h in asked(engine, "两感", exact=True).hits] == [1]
    assert not read_query('"两感"').interpretations


def test_pages_of_all_tiers_join_without_a_gap(engine: Engine) -> None:
    query = read_query("临政办发〔2017〕47号")
    whole = [h.id for h in answer(engine, query, limit=20).hits]
    paged = [h.id for offset in range(len(whole)) for h in answer(engine, query, limit=1, offset=offset).hits]
    assert paged == whole
    assert len(set(whole)) == len(whole)


def test_an_issuer_is_found_under_its_names_of_other_times(engine: Engine) -> None:
    by_option = asked(engine, "", filters=Filters(issuer="自然资源部"))
    assert set(exact(by_option)) == set(exact(asked(engine, "发文机关:自然资源部"))) == {7, 8}
    assert exact(asked(engine, "", filters=Filters(issuer="自然资源部"), exact=True)) == [8]


def test_a_region_holds_what_lies_in_it_under_old_codes_too(engine: Engine) -> None:
    assert set(exact(asked(engine, "地区:河南"))) == {7, 8}
    assert set(exact(asked(engine, "", filters=Filters(region="长垣市")))) == {7}
    with pytest.raises(QuerySyntaxError, match="月球"):
        read_query("", Filters(region="月球"))


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("河南", ["41"]), ("河南省新乡市", ["4107"]), ("新乡红旗区", ["410702"]), ("朝阳区", ["110105", "220104"]), ("410700", ["4107"]),
        ("北京朝阳区", ["110105"]), ("恩施", ["4228"]), ("内蒙古", ["15"]), ("长垣县", ["410728", "410783"]), ("月球", []), ("", []),
        ("內蒙古", ["15"]), ("乾安县", ["220723"]), ("４１０７", ["4107"]),
    ],
)  # fmt: skip
def test_regions_by_name(name: str, codes: list[str]) -> None:
    assert prefixes_of(name) == codes


@pytest.mark.parametrize(
    ("issuer", "code"),
    [
        ("江西省市场监督管理局", "360000"), ("河南省新乡市人民政府", "410700"), ("新乡市平安建设工作领导小组办公室", "410700"), ("北京市朝阳区教育委员会", "110105"),
        ("恩施土家族苗族自治州人民政府", "422800"), ("朝阳区人民政府", ""), ("财政部", ""), ("市平安办", ""), ("", ""), ("海南省东方市场管理中心", "460000"),
        ("内蒙古自治区人民政府", "150000"), ("國務院", ""), ("广东省深圳市南山区司法局", "440305"),
    ],
)  # fmt: skip
def test_a_body_is_of_the_region_that_its_name_begins_with(issuer: str, code: str) -> None:
    assert region_of(issuer) == code


def test_a_region_is_named_with_what_it_lies_in() -> None:
    assert name_of("410702") == "河南省新乡市红旗区"


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("人社部", "人力资源和社会保障部"), ("住建部", "住房和城乡建设部"), ("发改委", "发展和改革委员会"), ("省发改委", "省发展和改革委员会"),
        ("卫健委", "国家卫生健康委员会"), ("市监局", "市场监督管理局"), ("市平安办", "市平安建设工作领导小组办公室"), ("国土资源部", "自然资源部"),
        ("银监会", "国家金融监督管理总局"), ("金融监管总局", "银监会"), ("双减", "减轻义务教育阶段学生作业负担和校外培训负担"),
    ],
)  # fmt: skip
def test_agencies_and_offices_have_other_names(word: str, other: str) -> None:
    found = other_names(word, None)
    assert found is not None
    assert other in found.names


def test_what_one_body_took_over_does_not_lead_to_its_other_parts() -> None:
    found = other_names("国家海洋局", None)
    assert found is not None
    assert "自然资源部" in found.names
    assert "国土资源部" not in found.names


@pytest.mark.parametrize("word", ["通知", "安全", "局", "统计局", "民政局"])
def test_ordinary_words_have_none(word: str) -> None:
    assert other_names(word, None) is None


@pytest.mark.parametrize("table", ["aliases", "agencies", "offices"])
def test_curated_names_are_written_as_folded_texts_are(table: str) -> None:
    for row in rows(table):
        assert fold("".join(row)) == "".join(row).replace(" ", "")
    firsts = [row[0] for row in rows(table)]
    assert len(firsts) == len(set(firsts))


def test_predecessors_are_agencies_of_the_table() -> None:
    known = {row[0] for row in rows("agencies")}
    assert {name for row in rows("agencies") for name in row[2].split()} <= known


def test_the_archive_and_its_maintainer_add_aliases(tmp_path: Path) -> None:
    (tmp_path / "aliases.toml").write_text('"绿苗" = ["绿色育苗行动", "育苗工程"]\n', encoding="utf-8")
    write_aliases(tmp_path, [("“三清”", "清河道清垃圾清违建", 4), ("办法", "临杉市道路停车管理办法", 1)])
    assert other_names("绿苗", tmp_path).names == ("绿色育苗行动", "育苗工程")  # type: ignore[union-attr]
    assert other_names("三清", tmp_path).names == ("清河道清垃圾清违建",)  # type: ignore[union-attr]
    assert other_names("清河道清垃圾清违建", tmp_path).names == ("三清",)  # type: ignore[union-attr]
    assert read_query("清河道 违建", home=tmp_path).interpretations == ()
    assert read_query("清河道清 垃圾清违建", home=tmp_path).interpretations[0].meaning == "三清"


def test_a_broken_alias_file_names_itself(tmp_path: Path) -> None:
    (tmp_path / "aliases.toml").write_text('"绿苗" = 3\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"aliases\.toml.*绿苗.*3"):
        read_query("绿苗", home=tmp_path)


def test_aliases_are_found_by_halving_whatever_the_file_holds(tmp_path: Path) -> None:
    chance = random.Random(5)
    pairs = {"".join(chance.choices("甲乙丙丁戊己", k=3)): f"{i:04}之全称" for i in range(150)}
    write_aliases(tmp_path, [(short, long, 2) for short, long in pairs.items()])
    for short, long in pairs.items():
        assert meanings_of(tmp_path, short) == [long]
        assert meanings_of(tmp_path, long) == [short]
    assert meanings_of(tmp_path, "没有") == []
    assert shorts_for(tmp_path, ["没有"]) == []


def test_a_short_form_of_one_notice_is_not_the_archive_s(tmp_path: Path) -> None:
    write_aliases(tmp_path, [("平台", "临杉市不动产登记平台", 1), ("三清", "清河道清垃圾清违建", 2)])
    assert meanings_of(tmp_path, "平台") == []
    assert meanings_of(tmp_path, "三清") == ["清河道清垃圾清违建"]


def test_short_name_of_an_agency_finds_every_name_that_it_signs_with() -> None:
    found = other_names("卫健委", None)
    assert found
    assert {"国家卫生健康委员会", "卫生健康委员会", "卫生健康委"} <= {*found.names}


def test_full_name_of_an_agency_finds_what_is_signed_without_its_last_two_characters() -> None:
    found = other_names("国家卫生健康委员会", None)
    assert found
    assert "国家卫生健康委" in found.names
    assert "卫健委" not in found.names, "every county has one"


def test_a_short_form_of_many_things_stands_for_none(tmp_path: Path) -> None:
    write_aliases(tmp_path, [("公司", f"临杉第{n}号建设公司", 3) for n in range(9)])
    assert meanings_of(tmp_path, "公司") == []


@pytest.mark.parametrize("content", [b"", b"\n", b"garbage", b"a\tb\n", "两感\t长\tx\t>\n".encode(), b"\xff\xfe" * 50])
def test_a_damaged_alias_file_adds_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "aliases.tsv").write_bytes(content)
    assert [m for m in meanings_of(tmp_path, "两感") if m] == []
    assert [m for m in shorts_for(tmp_path, ["两感"]) if m] == []


def test_a_number_field_reads_notations(engine: Engine) -> None:
    assert exact(asked(engine, "文号:临政办发2017年47号")) == [3]
    assert Is("number_key", ("临政办发|2017|47",)) in read_query("文号:临政办发2017年47号").node.parts[0].parts  # type: ignore[union-attr]
