"""What the first archive withholds: taken down before or after it was copied, as a whole or in part; personal data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from index.meaning.aliases import meanings_of
from notices.config import load_config
from operations.preserve import alias_file
from pipeline.sql.database import open_database
from preservation.following.kept_log import read_withheld
from tests.operations.follow.test_following import TEXT, line, put
from tests.operations.preserve.test_alias_file import lines
from tests.support.following.leading import assert_equal, contents, followed, follower, leading
from tests.support.quick_home import QuickHome
from tests.support.reading_room import reading_room
from web.access import set_password

PHONE = "13912345678"
PASSAGE = "联系人王小明"


@pytest.fixture
def second(tmp_path: Path) -> QuickHome:
    return follower(tmp_path / "second")


@pytest.fixture
def first(tmp_path: Path) -> QuickHome:
    home = QuickHome(tmp_path / "first")
    put(home, *(line(n) for n in range(1, 6)), line(6, text=TEXT.format(n=6) + f"\n{PASSAGE}。"))
    return home


def totals(home: QuickHome, query: str) -> int:
    found: int = home.search(query)["total"]
    return found


def test_what_was_taken_down_before_is_here_by_its_hash_until_it_is_shown_again(first: QuickHome, second: QuickHome) -> None:
    first.run("takedown", "3", "--reason", "当事人要求")
    with leading(first) as room:
        done = followed(second, room.base)
        assert (done["complete"], done["size"], done["entries"], done["withheld"]) == (True, 6, 5, {"taken_down": 1})
        assert [row[0] for row in contents(second)["notice"]] == [1, 2, 4, 5, 6]
        assert [row[0] for row in contents(second)["change"]] == [1, 2, 3, 4, 5, 6, 7]
        assert totals(second, "第3号河段") == totals(first, "第3号河段") == 0
        assert done["note"]
        second.run("verify")
        first.run("takedown", "undo", "1", "--reason", "已核实")
        done = followed(second)
        assert (done["entries"], done["withheld"]) == (1, {})
    assert_equal(first, second)
    assert totals(second, "第3号河段") == totals(first, "第3号河段") == 1
    second.run("verify")


def test_what_is_taken_down_later_is_hidden_at_once_and_shown_again(first: QuickHome, second: QuickHome) -> None:
    with leading(first) as room:
        followed(second, room.base)
        before = contents(second)
        first.run("takedown", "2", "--reason", "法院裁定", "--legal")
        done = followed(second)
        assert (done["complete"], done["takedowns"], done["withheld"]) == (True, 1, {})
        assert totals(second, "第2号河段") == 0
        assert "法院裁定" in second.run("show", "2", check=2).stderr
        with reading_room(second) as own:
            assert own.get("/n/2").status_code == 451
        assert contents(second)["revision"] == before["revision"]
        second.run("verify")
        first.run("takedown", "undo", "1")
        assert followed(second)["takedowns"] == 1
    assert totals(second, "第2号河段") == 1
    assert_equal(first, second)
    second.run("verify")


def test_short_forms_of_what_was_taken_down_leave_a_large_archives_file_too(
    tmp_path: Path, second: QuickHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = QuickHome(tmp_path / "first")
    first.run("import", "-", stdin=lines(1, 3, "养护办法"))
    with leading(first) as room:
        followed(second, room.base)
        assert meanings_of(second.path, "养护办法") == ["临杉市堤防养护办法"]
        monkeypatch.setattr(alias_file, "_LARGE", 1)
        monkeypatch.setattr(alias_file, "_SHARE", 1)
        first.run("takedown", "2", "--reason", "法院裁定")
        assert followed(second)["takedowns"] == 1
    assert meanings_of(second.path, "养护办法") == []


@pytest.mark.parametrize("is_copied_first", [True, False])
def test_a_passage_is_starred_out_here_too(first: QuickHome, second: QuickHome, is_copied_first: bool) -> None:
    with leading(first) as room:
        if is_copied_first:
            followed(second, room.base)
        first.run("takedown", "6", "--text", PASSAGE, "--reason", "个人信息")
        assert followed(second, room.base)["complete"]
        assert totals(second, "王小明") == totals(first, "王小明") == 0
        shown = json.loads(second.run("show", "6", "--json").stdout)
        assert PASSAGE not in shown["text"]
        assert "██████" in shown["text"]
        with reading_room(second) as own:
            assert own.get("/n/6/r/1/original").status_code in (403, 404)
        second.run("verify")
        first.run("takedown", "undo", "1")
        followed(second)
    assert_equal(first, second)
    assert totals(second, "王小明") == 1
    second.run("verify")


def test_personal_data_is_for_those_whom_the_other_knows(tmp_path: Path, second: QuickHome) -> None:
    first = QuickHome(tmp_path / "first")
    put(first, line(1), line(2, text=TEXT.format(n=2) + f"\n联系电话{PHONE}。"))
    login = tmp_path / "login"
    set_password(first.path / "maintainers", "follower", "long enough")
    with leading(first) as room:
        done = followed(second, room.base)
        assert (done["entries"], done["withheld"], done["in_part"]) == (1, {"personal": 1}, 1)
        assert PHONE.encode() not in b"".join(path.read_bytes() for path in (second.path / "warc").iterdir())
        assert not any(PHONE in str(row) for rows in contents(second).values() for row in rows)
        second.run("verify")
        login.write_text("follower:wrong password\n", encoding="utf-8")
        login.chmod(0o600)
        assert "refuses the login" in followed(second, "--login", str(login), check=2)["error"]
        login.write_text("follower:long enough\n", encoding="utf-8")
        login.chmod(0o644)
        assert "chmod 600" in followed(second, "--login", str(login), check=2)["error"]
        login.chmod(0o600)
        done = followed(second, "--login", str(login))
        assert (done["entries"], done["withheld"]) == (1, {})
        third = follower(tmp_path / "third")
        followed(third, room.base, "--login", str(login))
    assert_equal(first, third)
    assert_equal(first, second)
    assert totals(second, PHONE) == totals(first, PHONE)
    second.run("verify")
    third.run("verify")


def test_the_log_of_entries_without_bytes_survives_a_power_cut(first: QuickHome, second: QuickHome) -> None:
    first.run("takedown", "1", "--reason", "当事人要求")
    with leading(first) as room:
        followed(second, room.base)
        file = second.path / "following/withheld.jsonl"
        whole = file.read_bytes()
        file.write_bytes(whole + b'{"snapshot": 9, "le')
        assert read_withheld(file.parent).upto == 6
        put(first, line(8))
        followed(second)
        assert file.read_bytes().startswith(whole)
        second.run("verify")
        file.write_bytes(whole.replace(b'"leaf": "', b'"leaf": "0', 1))
        found = second.run("verify", check=4).stdout
    assert "withheld.jsonl, line 1" in found or "not what" in found


def test_a_row_that_was_removed_is_found_against_the_other_archives_signature(first: QuickHome, second: QuickHome) -> None:
    with leading(first) as room:
        followed(second, room.base)
    config = load_config({"NOTICES_HOME": str(second.path)})
    database = open_database(config)
    with database.begin() as connection:
        connection.exec_driver_sql("update snapshot set url = 'http://a.example/other.html' where id = 2")
    database.dispose()
    assert "the first 6 entries are not what" in second.run("verify", check=4).stdout
