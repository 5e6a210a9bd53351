"""kill -9 at any write of a run: the next run ends with the same archive, and nothing is there twice."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pytest

from pipeline.warc.series import scan, warc_files
from tests.conftest import Figure
from tests.operations.follow.test_following import line, put
from tests.support.following.killed import killed_at, writes_of
from tests.support.following.leading import assert_equal, followed, follower, leading
from tests.support.quick_home import QuickHome

SEED = 20261127


def scenes(first: QuickHome, start: QuickHome, base: str, scene: str) -> None:
    """The state in which a run begins: nothing is taken yet; or something is, and what was taken down there is shown again and another is taken down."""
    if scene == "later":
        first.run("takedown", "3", "--reason", "当事人要求")
        followed(start, base)
        first.run("takedown", "undo", "1")
        first.run("takedown", "1", "--reason", "当事人要求")
        put(first, line(2, text="另有新的要求，请各县区照此执行。"), line(8), line(9))


def copy_of(start: QuickHome, path: Path) -> QuickHome:
    shutil.rmtree(path, ignore_errors=True)
    if start.path.exists():
        shutil.copytree(start.path, path)
    home = follower(path)
    home.environment["NOTICES_WARC_MAX_BYTES"] = str(1 << 16)
    return home


def check(first: QuickHome, second: QuickHome, name: str) -> None:
    assert_equal(first, second)
    found = Counter(
        (stored.payload_digest, capture.url, capture.fetched_at)
        for file in warc_files(second.path / "warc")
        for stored, capture in scan(second.path / "warc", file)
    )
    assert max(found.values()) == 1, name
    assert sum(found.values()) == second.rows("select count(*) from snapshot")[0][0], name
    assert second.rows("select count(*) from run where outcome = 'running'")[0][0] == 0
    second.run("verify")
    assert [home.search("各县区")["total"] for home in (first, second)] == [first.search("各县区")["total"]] * 2


def kills(tmp_path: Path, scene: str, most: int | None) -> int:
    """Kill at these many writes of all, chosen by a seed, and check after each."""
    first, start = QuickHome(tmp_path / "first"), follower(tmp_path / "start")
    put(first, *(line(n) for n in range(1, 7)))
    with leading(first) as room:
        scenes(first, start, room.base, scene)
        count = writes_of(copy_of(start, tmp_path / "counted"), tmp_path / "count", "follow", room.base)
        points = list(range(1, count + 1))
        if most is not None:
            points = sorted(random.Random(SEED).sample(points, min(most, count)))
        for n in points:
            second = copy_of(start, tmp_path / "second")
            killed_at(second, tmp_path / "count", n, n % 2 == 0, "follow", room.base)
            done = followed(second, room.base)
            assert done["complete"], n
            if scene == "later":
                assert done["withheld"] == {}, n
                assert "当事人要求" in second.run("show", "1", check=2).stderr, n
            check(first, second, f"{scene}: killed at {n} of {count}")
    return len(points)


@pytest.mark.parametrize("scene", ["first", "later"])
def test_a_run_that_was_killed_goes_on(tmp_path: Path, scene: str) -> None:
    kills(tmp_path, scene, 2)


@pytest.mark.faults
@pytest.mark.parametrize("scene", ["first", "later"])
def test_a_run_may_be_killed_at_each_of_its_writes(tmp_path: Path, scene: str, figure: Figure) -> None:
    count = kills(tmp_path, scene, None)
    figure(f"kill -9 of `notices follow` at each of its writes ({scene})", count, "0 lost, 0 twice")
