"""One archive follows another, whatever databases the two have."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.operations.follow.test_following import line, put
from tests.support.following.leading import followed, follower, leading
from tests.support.quick_home import QuickHome


def shown(home: QuickHome) -> list[Any]:
    """The notices, their histories as the change log tells them, and the answer to a search."""
    changes = [json.loads(each) for each in home.run("changes", "--json").stdout.splitlines()]
    notices = [json.loads(home.run("show", str(n), "--json").stdout) for n in (1, 2, 4)]
    for each in notices:
        each["snapshot"] = {name: value for name, value in (each.get("snapshot") or {}).items() if name not in ("warc_file", "offset")}
    hits = sorted((hit["id"], hit["title"], hit["revision"]) for hit in home.search("河段")["hits"])  # ranks depend on what an index forgot
    return [[{**each, "run": None} for each in changes], notices, hits]


@pytest.mark.parametrize("is_second", [True, False])
def test_an_archive_on_postgresql_follows_and_is_followed(tmp_path: Path, empty_database: str, is_second: bool) -> None:
    first, second = QuickHome(tmp_path / "first"), follower(tmp_path / "second")
    (second if is_second else first).environment["NOTICES_DATABASE"] = empty_database
    put(first, *(line(n) for n in range(1, 6)))
    first.run("takedown", "3", "--reason", "当事人要求")
    with leading(first) as room:
        done = followed(second, room.base)
        assert (done["complete"], done["size"], done["withheld"]) == (True, 5, {"taken_down": 1})
        first.run("takedown", "undo", "1")
        put(first, line(2, text="另有新的要求，请各县区照此执行。"), line(7))
        assert followed(second)["complete"]
    assert shown(first) == shown(second)
    second.run("verify")
