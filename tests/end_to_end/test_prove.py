"""Proofs hold without the archive, and nothing else does."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.end_to_end.test_backup import lines
from tests.support.archive_home import Home
from tests.support.passing_days import change_sql
from tests.support.quick_home import QuickHome


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = QuickHome(tmp_path / "home")
    made.run("import", "-", stdin=lines(0, 20))
    return made


def test_proof_holds_elsewhere_with_key_and_page(home: Home, tmp_path: Path) -> None:
    proof, page = str(tmp_path / "p.json"), str(tmp_path / "page")
    home.run("prove", "7", "--out", proof, "--page", page)
    key = home.run("checkpoint", "--key").stdout.strip()
    other = QuickHome(tmp_path / "elsewhere")
    said = other.run("verify", "--proof", proof, "--key", key, "--page", page).stdout
    assert "holds: http://a.example/" in said
    assert not (tmp_path / "elsewhere").exists()
    Path(page).write_bytes(b"another page")
    other.run("verify", "--proof", proof, "--key", key, "--page", page, check=4)
    other.run("verify", "--proof", proof, "--key", key.replace("notices-archive", "someone-else"), check=4)


def test_proof_with_any_character_changed_is_refused(home: Home, tmp_path: Path) -> None:
    from notices.errors import NoticesError
    from preservation.proofs.inclusion import read_proof, verify_proof

    home.run("prove", "7", "--out", str(tmp_path / "p.json"))
    data, dice, refused = (tmp_path / "p.json").read_bytes(), random.Random(7), 0
    for _ in range(200):
        changed = bytearray(data)
        changed[dice.randrange(len(data))] ^= 1 << dice.randrange(7)
        if bytes(changed).split() == data.split():
            refused += 1  # a blank between fields
            continue
        try:
            assert verify_proof(read_proof(bytes(changed))) == verify_proof(read_proof(data))
        except NoticesError:
            refused += 1
    assert refused >= 195  # the others changed a blank or the case of an escape and say the same


def test_log_that_goes_on_is_proved_and_one_that_was_rewritten_is_not(home: Home, tmp_path: Path) -> None:
    old = tmp_path / "old.txt"
    old.write_text(home.run("checkpoint").stdout, encoding="utf-8")
    home.run("import", "-", stdin=lines(20, 30))
    home.run("prove", "--since", str(old), "--out", str(tmp_path / "c.json"))
    assert "continues that of 20" in home.run("verify", "--proof", str(tmp_path / "c.json")).stdout
    change_sql(home, "update snapshot set url = 'http://b.example/' where id = 3")
    home.run("import", "-", stdin=lines(30, 31))
    assert "its past was changed" in home.run("prove", "--since", str(old), check=4).stderr
    assert "log" in home.run("verify", check=4).stdout


def test_a_day_has_one_checkpoint_made_by_whatever_runs(home: Home) -> None:
    home.run("import", "-", stdin=lines(20, 25))
    home.run("index")
    assert home.rows("select size from checkpoint") == [(20,)]
    assert [path.name for path in (home.path / "checkpoints").iterdir()] == ["000000000020.txt"]
