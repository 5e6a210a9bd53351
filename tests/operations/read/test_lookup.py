"""A notice is found by its id, number, address or title; several are offered, none is guessed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notices.config import load_config
from notices.errors import UnknownName
from operations.read.lookup import find_id, find_ids
from pipeline.sql.database import open_database
from tests.support.archive_home import Home

LINES = [
    {"url": "http://a.example/1", "title": "关于加强河道巡查的通知", "text": "一、每日一次。", "document_number": "临政〔2020〕1号"},
    {"url": "http://a.example/2", "title": "关于森林防火的公告", "text": "禁止野外用火。", "document_number": "临政〔2020〕2号"},
    {
        "url": "http://a.example/3",
        "title": "关于森林防火的补充公告",
        "text": "延长一个月，联系电话13912345678。",
        "document_number": "临政〔2020〕2号",
    },
    {"url": "http://a.example/4", "title": "2020", "text": "只有数字的标题。"},
]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    folder: Path = tmp_path_factory.mktemp("lookup")
    home = Home(folder / "home")
    file = folder / "lines.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in LINES), encoding="utf-8")
    home.run("import", str(file))
    return open_database(load_config(home.environment))


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ("1", [1]),
        (" 2 ", [2]),
        ("临政〔2020〕1号", [1]),
        ("临政[2020] 1 号", [1]),
        ("临政〔2020〕2号", [2, 3]),
        ("http://a.example/2", [2]),
        ("https://a.example/2#top", [2]),
        ("关于森林防火的公告", [2]),
        ("关于森林防火的公告 ", [2]),
        ("2020", [4]),
        ("河道巡查", [1]),
    ],
)
def test_every_way_to_name_a_notice(database: Engine, wanted: str, ids: list[int]) -> None:
    assert find_ids(database, wanted) == ids


@pytest.mark.parametrize("wanted", ["99", "99999999999999999999999", "", "临政〔1999〕7号", "http://a.example/9", "天文台", "%", "\x1b[2J"])
def test_an_unknown_name_leads_to_a_search(database: Engine, wanted: str) -> None:
    with pytest.raises(UnknownName, match="to look for it: search") as caught:
        find_ids(database, wanted)
    assert "\x1b" not in str(caught.value)


def test_several_are_offered_with_their_ids(database: Engine) -> None:
    with pytest.raises(UnknownName) as caught:
        find_ids(database, "森林防火")
    assert str(caught.value).splitlines() == [
        "2 notices have '森林防火' in their title; name one by its id:",
        "  2  关于森林防火的公告  临政〔2020〕2号",
        "  3  关于森林防火的补充公告  临政〔2020〕2号",
    ]
    with pytest.raises(UnknownName, match="means 2 notices"):
        find_id(database, "临政〔2020〕2号")
    assert find_id(database, "3") == 3
