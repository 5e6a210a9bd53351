"""Snippets: the best passage, marks on the exact original characters, the headings above, the attachment and page."""

from __future__ import annotations

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from index.answer.headings import section_path
from index.answer.snippet import WIDTH, Snippet, marks_in, snippet_of, tiers_of
from index.search import read_query
from notices.attachment import AttachmentText
from notices.text.display import masked
from notices.text.fold import fold

TEXT = """各镇人民政府：
一、目标
提高测评名次。
二、工作措施
（一）各镇、街道
1.多渠道宣传。利用广播宣传“两感”指数调查，张贴海报。
2.落实责任。
（二）各部门
第3季度前，ＬＥＤ屏滚动播出國家政策。
"""


def made(query: str, text: str = TEXT, title: str = "通知", files: tuple[AttachmentText, ...] = ()) -> Snippet:
    return snippet_of(title, text, files, tiers_of(read_query(query)), masked)


def marked(snippet: Snippet) -> list[str]:
    return [snippet.text[a:b] for a, b in snippet.marks]


def test_marks_cover_the_original_characters_with_the_marks_between() -> None:
    assert marked(made("感指")) == ["感”指"]
    assert marked(made("两感指数")) == ["两感”指数"]
    assert marked(made("led")) == ["ＬＥＤ"]
    assert marked(made("国家政策")) == ["國家政策"]


def test_the_headings_above_are_given() -> None:
    assert made("张贴海报").path == ("二、工作措施", "（一）各镇、街道", "1.多渠道宣传")
    assert made("政策").path == ("二、工作措施", "（二）各部门")
    assert made("测评名次").path == ("一、目标",)
    assert section_path("第一章 总则\n第三条 为了安全，制定本条例。\n第四条 不得喧哗。", 34) == ("第一章 总则", "第四条")


def test_the_passage_with_most_words_is_chosen() -> None:
    text = "宣传。" + "甲" * 300 + "海报。" + "乙" * 300 + "。宣传与海报并行。" + "丙" * 300
    assert made("宣传 海报", text).text.startswith("宣传与海报并行")
    assert marked(made("宣传 海报", text)) == ["宣传", "海报"]


def test_the_words_of_a_filter_are_not_marked() -> None:
    text = "发布机构设置方案。2026年10月16日，教育部。"
    for query in ("发文机关:教育部", "日期:2026年10月", "发布机构:教育部,财政部 -甲"):
        assert marked(made(query, text)) == [], query
    assert marked(made("发文机关:教育部 方案", text)) == ["方案"]


def test_a_similar_notice_is_marked_where_it_shares_pairs() -> None:
    assert marked(made("巡查方案的设置", "机构设置方案。")) == ["设置方案"]


def test_no_mark_tells_a_starred_digit() -> None:
    text = "联系电话13912345678，序号234。"
    for query in ("23", "234", "1234", "9123456", "912345 联系"):
        shown = made(query, text)
        assert "139****5678" in shown.text
        assert all("*" not in part for part in marked(shown)), query
    assert marked(made("234", text)) == ["234"]
    assert marked(made("联系电话139", text)) == ["联系电话139"]


def test_a_number_is_marked_in_its_own_notation() -> None:
    assert marked(made("临政发2020年6号", "依照临政发〔2020〕6号执行。")) == ["临政发〔2020〕6号"]
    assert marked(made("临政发2020年6号", "2020年起依照杉政发〔2020〕6号执行。")) == ["〔2020〕6号"]


def test_the_whole_query_is_shown_before_its_other_names() -> None:
    text = "公众安全感和政法机关执法满意度。" + "甲" * 500 + "又称两感。"
    assert marked(made("两感", text)) == ["两感"]


def test_a_match_in_a_file_says_which_and_where() -> None:
    files = (AttachmentText("结果.pdf", ("第一页", "得分表在此")), AttachmentText("名单.xlsx", ()))
    assert made("得分表", files=files).where == {"attachment": "结果.pdf", "page": 2}
    assert made("名单", files=files).where == {"attachment": "名单.xlsx", "page": None}
    assert made("通知", files=files).where == "title"


def test_the_headings_in_a_file_are_those_of_its_own_pages() -> None:
    pages = ("一、总体要求\n略。\n二、工作措施", "（一）各县（市、区）\n认真查摆短板问题。", "三、保障")
    other = AttachmentText("方案.docx", ("四、别的文件",))
    found = made("短板", "五、正文", files=(other, AttachmentText("方案.docx", pages)))
    assert (found.where, found.path) == ({"attachment": "方案.docx", "page": 2}, ("二、工作措施", "（一）各县（市、区）"))
    assert made("方案.docx", files=(other,)).path == ()


def test_what_only_resembles_is_marked_by_pairs() -> None:
    assert marked(made("张贴海报的时间")) == ["张贴海报"]


def test_a_number_cut_by_the_passage_is_masked_all_the_same() -> None:
    text = "联系电话请拨打" + "甲" * (WIDTH - 14) + "13912345678，谢谢。"
    shown = made("联系", text).text
    assert "139" in shown
    assert "1391" not in shown


def test_nothing_found_shows_the_beginning() -> None:
    shown = made("龘龘")
    assert (shown.marks, shown.where) == ((), "text")
    assert shown.text.startswith("各镇人民政府")


@settings(max_examples=300)
@given(st.text(alphabet="两感指“”ＡａA國国 \n①㎡、(（", max_size=300), st.integers(0, 280), st.integers(1, 12))
def test_a_run_of_the_text_is_marked_and_what_is_marked_is_the_run(text: str, at: int, length: int) -> None:
    run = fold(text[at : at + length])
    if not run:
        return
    shown = snippet_of("", text, (), ((run,),))
    assert shown.where == "text"
    assert shown.marks
    assert len(shown.text) <= WIDTH
    assert all(0 <= a < b <= len(shown.text) for a, b in shown.marks)
    assert any(run in fold(shown.text[a:b]) for a, b in shown.marks) or shown.marks[-1][1] == len(shown.text)
    assert list(shown.marks) == sorted(shown.marks)


def test_marks_of_a_title() -> None:
    assert marks_in("关于“两感”的通知", ("两感",)) == ((3, 5),)


def test_a_huge_hostile_text_costs_little() -> None:
    text = "感" * 2_000_000
    began = time.process_time()
    shown = snippet_of("", text, (), (tuple("感" * n for n in range(1, 20)),), masked)
    assert time.process_time() - began < 2
    assert shown.marks
