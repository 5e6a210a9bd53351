"""A query in words: what somebody who saves it is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.query.description import described
from index.query.parse import parse_query
from notices.errors import UserError


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("防汛", "“防汛”"),
        ("防汛 地区:新乡 -公示", "“防汛” and region: 河南省新乡市 and not “公示”"),
        ("(防汛 OR 抗旱) 标题:通知", "(“防汛” or “抗旱”) and in the title: “通知”"),
        ("效力:有效 状态:已撤下", "validity: in force and state: withdrawn"),
        ("日期:>=2026-03 has:附件", "published date: 2026-03-01.. and with attachments"),
        ("发文机关:应急管理局", "issuer: “应急管理局”"),
        ("字段名:防汛", "“字段名:防汛”"),
    ],
)
def test_query_in_words(query: str, words: str) -> None:
    assert described(parse_query(query, exact=True).tree) == words


@given(st.text(alphabet=' 防汛公示通知()-:OR地区标题日期2026"“”', max_size=40))
def test_whatever_is_read_can_be_said(query: str) -> None:
    try:
        tree = parse_query(query, exact=True).tree
    except UserError:
        return
    assert described(tree)
