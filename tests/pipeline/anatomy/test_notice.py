"""Whole documents: every element of one notice, real and invented (reference/domain.md §1.5)."""

from __future__ import annotations

import time
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notices.model import Anatomy
from pipeline.anatomy import read_anatomy
from pipeline.anatomy.aliases import read_aliases

TITLE = "关于印发《关于做好2021年度全市居民用水满意度和供水企业服务质量评议的工作方案》的通知"
NOTICE = """关于印发《关于做好2021年度全市居民用水满意度和供水企业服务质量评议的工作方案》的通知

各县（区、市）水务局，经开区、空港区管委会，市节约用水工作领导小组成员单位，驻云川供水企业：
现将《关于做好2021年度全市居民用水满意度和供水企业服务质量评议的工作方案》印发给你们，请认真组织实施。

市节约用水工作领导小组办公室
2021年3月8日


关于做好2021年度全市居民用水满意度和供水企业服务质量评议的工作方案

2021年度全市居民用水满意度和供水企业服务质量（以下简称“双评”活动）评议即将开始。3月15日8时至3月28日24时，居民可打开网页（pingyi.yunchuan.example.cn）填写问卷；电话访问由12399（0899-12399）拨出。
一、总体目标
让居民喝上放心水
二、工作步骤
（一）准备阶段。各单位要张贴海报。
1.印制问卷。每户一份，不得遗漏。
2. 培训访员
（二）实施阶段
三、工作要求
各单位请于4月2日前将总结报送市水务局邮箱：shuiwu@yunchuan.example.cn。
附件：1. 致全市居民用户的一封信
2. 致供水企业职工的倡议书


附件1

致全市居民用户的一封信

尊敬的居民朋友：
请您在3月15日8时至3月28日24时参加评议。

云川市节约用水工作领导小组办公室
                      2021年3月9日


附件2
致供水企业职工的倡议书
亲爱的同事们：
让我们一起行动。
"""


@pytest.fixture(scope="module")
def anatomy() -> Anatomy:
    return read_anatomy(NOTICE, title=TITLE)


def test_kind_and_carried_text(anatomy: Anatomy) -> None:
    assert (anatomy.kind, anatomy.carried_kind) == ("通知", "方案")
    assert anatomy.carried_title == "关于做好2021年度全市居民用水满意度和供水企业服务质量评议的工作方案"
    assert anatomy.document_number is None


def test_addressees_are_divided_at_commas_outside_brackets(anatomy: Anatomy) -> None:
    assert anatomy.addressees == ("各县（区、市）水务局", "经开区、空港区管委会", "市节约用水工作领导小组成员单位", "驻云川供水企业")


def test_signature_before_the_carried_text_counts(anatomy: Anatomy) -> None:
    assert anatomy.issuer == "市节约用水工作领导小组办公室"
    assert anatomy.issuer_full == "云川市节约用水工作领导小组办公室"
    assert anatomy.written_date == date(2021, 3, 8)


def test_parts_cover_the_text_without_gaps(anatomy: Anatomy) -> None:
    assert [(part.role, part.number) for part in anatomy.parts] == [
        ("notice", None),
        ("carried", None),
        ("attachment", "1"),
        ("attachment", "2"),
    ]
    assert anatomy.parts[0].start == 0
    assert anatomy.parts[-1].end == len(NOTICE)
    assert all(one.end == other.start for one, other in zip(anatomy.parts, anatomy.parts[1:], strict=False))
    assert NOTICE[anatomy.parts[1].start :].startswith("关于做好2021年度")
    assert [part.title for part in anatomy.parts[2:]] == ["致全市居民用户的一封信", "致供水企业职工的倡议书"]


def test_attachment_list_continues_without_the_word(anatomy: Anatomy) -> None:
    assert anatomy.attachment_names == ("致全市居民用户的一封信", "致供水企业职工的倡议书")


def test_alias_keeps_the_quoted_letters(anatomy: Anatomy) -> None:
    assert [(alias.short, alias.long) for alias in anatomy.aliases] == [("双评", "居民用水满意度和供水企业服务质量")]


def test_period_and_deadline_take_the_year_of_signing(anatomy: Anatomy) -> None:
    assert [(p.start, p.end, p.year_inferred) for p in anatomy.periods] == [
        (datetime(2021, 3, 15, 8), datetime(2021, 3, 29), True),
        (None, datetime(2021, 4, 3), True),
    ]
    assert anatomy.periods[1].label == "报送"


def test_contacts(anatomy: Anatomy) -> None:
    assert {(contact.kind, contact.value) for contact in anatomy.contacts} == {
        ("web", "pingyi.yunchuan.example.cn"),
        ("hotline", "12399"),
        ("phone", "0899-12399"),
        ("email", "shuiwu@yunchuan.example.cn"),
    }


def test_section_paths(anatomy: Anatomy) -> None:
    assert [section.path for section in anatomy.sections] == [
        ("一、总体目标",),
        ("二、工作步骤",),
        ("二、工作步骤", "（一）准备阶段"),
        ("二、工作步骤", "（一）准备阶段", "1.印制问卷"),
        ("二、工作步骤", "（一）准备阶段", "2.培训访员"),
        ("二、工作步骤", "（二）实施阶段"),
        ("三、工作要求",),
    ]
    assert all(NOTICE.startswith(section.number, section.start) for section in anatomy.sections)


def test_title_and_text_promulgate_the_carried_text_once(anatomy: Anatomy) -> None:
    assert [(c.relation, c.target_title) for c in anatomy.citations] == [("promulgates", anatomy.carried_title)]


@pytest.mark.shared
def test_seed_notice_reads_as_the_reference_says(shared: Path) -> None:
    text = (shared / "data/seed/notice.txt").read_text(encoding="utf-8")
    found = read_anatomy(text, title=text.split("\n", 1)[0].strip())
    assert (found.kind, found.carried_kind, found.document_number) == ("通知", "实施方案", None)
    assert found.addressees == (
        "各县（市、区）党委政法委",
        "高新区、经开区、平原示范区管委会",
        "市平安建设工作领导小组成员单位",
        "驻新高校",
    )
    assert found.issuer == "市平安建设工作领导小组办公室"
    assert found.issuer_full == "新乡市平安建设工作领导小组办公室"
    assert found.written_date == date(2020, 10, 16)
    assert found.attachment_names == ("致新乡市学生家长的一封信", "致新乡市高校学子的一封信")
    assert [(alias.short, alias.long) for alias in found.aliases] == [("两感", "公众安全感和政法机关执法满意度")]
    assert [(p.start, p.end, p.year_inferred) for p in found.periods] == [(datetime(2020, 10, 19), datetime(2020, 10, 30), True)]
    assert {contact.value for contact in found.contacts} == {"0371-12340", "12340", "zfwwldc.dahe.cn"}
    lines = [text[: part.start].count("\n") + 1 for part in found.parts]
    assert [part.role for part in found.parts] == ["notice", "carried", "attachment", "attachment"]
    assert lines[2:] == [73, 90]


@pytest.mark.shared
def test_issuer_of_real_notices(shared: Path) -> None:
    from benchmarks.reading.issuer_accuracy import judge

    results = [right for right, *_ in judge(shared / "data/corpus/gov_cn_gongwen_2020.jsonl")]
    assert len(results) > 200
    assert sum(results) / len(results) >= 0.9


@settings(max_examples=150)
@given(
    st.lists(
        st.sampled_from([*NOTICE.split("\n"), "附件", "附件：", "《", "》（", "一、", "（", "2020年1月1日", "第1号", "\t", "：", "\x00"]),
        max_size=40,
    )
)
def test_shuffled_lines_never_fail(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = read_anatomy(text, title=lines[0] if lines else None, published_date=date(2021, 1, 1))
    assert found.parts[0].start == 0
    assert found.parts[-1].end == len(text)
    assert all(one.end == other.start for one, other in zip(found.parts, found.parts[1:], strict=False))


@settings(max_examples=150)
@given(st.text(max_size=200), st.none() | st.text(max_size=40))
def test_any_text_is_read(text: str, title: str | None) -> None:
    assert read_anatomy(text, title=title).parts[-1].end == len(text)


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("一年一度的居民用水满意度和服务质量（以下简称“双评”活动）", "双评", "居民用水满意度和服务质量"),
        ("影响河道正常通行的水上交通事故（以下简称事故）", "事故", "水上交通事故"),
        (
            "市应对突发寒潮引起的供水管网联防联控机制（以下简称市联防联控机制）",
            "市联防联控机制",
            "市应对突发寒潮引起的供水管网联防联控机制",
        ),
        ("市人民政府关于加强河道管理的若干实施意见（以下简称9号文）", "9号文", "市人民政府关于加强河道管理的若干实施意见"),
    ],
)
def test_a_long_form_is_a_name_without_its_description(text: str, short: str, long: str) -> None:
    assert [(alias.short, alias.long) for alias in read_aliases(text)] == [(short, long)]


@pytest.mark.parametrize(
    "piece",
    [
        "《",
        "（",
        "附件1\n",
        "《a》",
        "2020年1月1日\n",
        "自2020年",
        "0371-",
        "a.",
        "a@",
        "一、",
        "废止",
        "（以下简称",
        "以下简称）",
        "1月1日至",
        "国发〔2020〕1号",
        "市教育局\n",
        "根据《甲乙丙》和",
        "公告第1号",
        "关于",
        "1",
        "月",
        "9",
        "有效期",
        "有效期至",
        "截至",
        "本通知自",
        "《甲乙丙》（国发〔2020〕1号）废止、",
        "a-",
    ],
)
def test_hostile_text_costs_bounded_time(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    read_anatomy(text, title=piece * 100, published_date=date(2020, 1, 1))
    assert time.process_time() - began < 4


def test_huge_text_is_scanned_at_head_and_tail_only() -> None:
    text = NOTICE + "表格行\t12\t34\n" * 2_000_000
    began = time.process_time()
    found = read_anatomy(text, title=TITLE)
    assert time.process_time() - began < 4
    assert found.written_date == date(2021, 3, 8)
    assert found.parts[-1].end == len(text)


def test_the_country_is_no_short_form_and_an_explanation_is_no_part_of_the_long_one() -> None:
    text = "在中国（指中华人民共和国，以下简称中国）境内。指临杉市开发区管理委员会（以下简称管委会）负责。"
    assert [(a.short, a.long) for a in read_aliases(text)] == [("管委会", "临杉市开发区管理委员会")]
