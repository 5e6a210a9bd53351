"""The difference of two texts: paragraphs beside their counterparts, changed characters, hidden numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from operations.read.diff import paragraphs


def test_paragraph_stands_beside_what_it_became_though_others_were_added() -> None:
    old = "一、各县区于九月底前完成堤防巡查。\n二、结果报送市防汛办公室。"
    new = "一、各县区于十月底前完成堤防巡查。\n新增：落实二十四小时值班。\n二、结果报送市防汛办公室。\n三、逾期通报。"
    found = list(paragraphs(old, new))
    assert [(p.sign, [p.text[a:b] for a, b in p.marks]) for p in found] == [("-", ["九"]), ("+", ["十"]), ("+", []), ("+", [])]
    assert [p.text[:2] for p in found] == ["一、", "一、", "新增", "三、"]


def test_paragraph_that_was_put_in_anothers_place_is_no_change_of_it() -> None:
    [gone, come] = paragraphs("请各单位按时报送统计表。", "附件：联系人名单")
    assert (gone.sign, gone.marks, come.sign, come.marks) == ("-", (), "+", ())


def test_change_in_a_hidden_number_is_said_and_not_shown() -> None:
    [old, new] = paragraphs("联系人：闻小满 13900001111", "联系人：闻小满 13900101111")
    assert old.text == new.text == "联系人：闻小满 139****1111"
    assert old.masked is True
    assert new.masked is True


@given(
    st.lists(st.text("甲乙丙丁\n", max_size=12), max_size=8).map("\n".join),
    st.lists(st.text("甲乙丙丁", max_size=12), max_size=8).map("\n".join),
)
def test_removed_and_added_paragraphs_lead_from_the_old_text_to_the_new(old: str, new: str) -> None:
    found = list(paragraphs(old, new))
    for sign, text in (("-", old), ("+", new)):
        left = iter(text.split("\n"))
        assert all(p.text in left for p in found if p.sign == sign)  # each in its place
    assert len(old.split("\n")) - sum(p.sign == "-" for p in found) == len(new.split("\n")) - sum(p.sign == "+" for p in found)
