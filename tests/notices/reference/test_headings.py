"""Numbered headings are told from text by one grammar, for the anatomy and for the path above a hit alike."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.answer.headings import section_path
from notices.reference.headings import heading_of
from pipeline.anatomy import read_anatomy

HEADINGS = [
    ("第二编 分则", 1, "第二编", "分则"),
    ("第3章 监督管理", 2, "第3章", "监督管理"),
    ("第一节 一般规定", 3, "第一节", "一般规定"),
    ("第十二条之一 单位应当登记。逾期不登记的，不予受理。", 4, "第十二条之一", "单位应当登记"),
    ("三、工作要求", 5, "三、", "工作要求"),
    ("三. 工作要求", 5, "三.", "工作要求"),
    ("（四）加强宣传。各镇要张贴海报。", 6, "（四）", "加强宣传"),
    ("1.多渠道宣传；", 7, "1.", "多渠道宣传"),
    ("２、怎样登记？", 7, "２、", "怎样登记"),
    ("3 报名条件", 7, "3", "报名条件"),
    ("(2)提交材料", 8, "(2)", "提交材料"),
    ("2）提交材料", 8, "2）", "提交材料"),
    ("③现场核验", 9, "③", "现场核验"),
]


@pytest.mark.parametrize(("line", "rank", "number", "text"), HEADINGS)
def test_number_and_text_of_a_heading(line: str, rank: int, number: str, text: str) -> None:
    found = heading_of(line)
    assert found is not None
    assert (found.rank, found.number, found.text) == (rank, number, text)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "各单位：",
        "2026年3月1日",
        "12 月份完成情况",
        "1.5万元以上",
        "第一季度完成情况",
        "一次性告知",
        "1.\t张三\t合格",
        "（云岫市）",
        "附件1",
    ],
)
def test_running_text_is_not_a_heading(line: str) -> None:
    assert heading_of(line) is None


@given(st.lists(st.sampled_from([line for line, *_ in HEADINGS] + ["各单位要认真落实，按期完成。"]), min_size=1, max_size=30))
def test_anatomy_and_search_agree_on_the_headings_above_a_line(lines: list[str]) -> None:
    text = "\n".join(lines)
    sections = read_anatomy(text, title=None).sections
    for section in sections:
        path = section_path(text, section.start)
        assert [heading.replace(" ", "").split("单位应当")[0] for heading in path] == [
            name.replace(" ", "").split("单位应当")[0] for name in section.path
        ]
