"""Proofs as jobs: files that are valid without the archive, and claims that the archive does not make."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notices.config import Config
from notices.errors import BadInput, DamageFound, FetchError, UnknownName
from preservation.proofs.check import Attested, Known, check_file
from preservation.proofs.checkpoints import public_key
from preservation.proofs.consistency import Continuation
from preservation.proofs.inclusion import read_proof
from preservation.proofs.proving import keep_timestamp, page_of, prove_continuation, prove_notice, request_timestamp, sign_log
from tests.support.imported import COUNT, change, value


def test_snapshot_of_a_notice_is_proved_with_its_page(config: Config, database: Engine, tmp_path: Path) -> None:
    made = prove_notice(config, database, 7)
    (tmp_path / "p.json").write_bytes(made.proof)
    (tmp_path / "page").write_bytes(page_of(config, database, made.snapshot_id))
    shown = check_file(tmp_path / "p.json", Known(public_key(config), tmp_path / "page"))
    assert isinstance(shown, Attested)
    assert shown.proven.leaf.url == "http://a.example/n7.html"
    assert shown.proven.leaf.payload_digest == "sha256:" + sha256((tmp_path / "page").read_bytes()).hexdigest()
    assert shown.timestamp is None
    (tmp_path / "page").write_bytes(b"another page")
    with pytest.raises(DamageFound, match="the proof is about"):
        check_file(tmp_path / "p.json", Known(public_key(config), tmp_path / "page"))
    with pytest.raises(DamageFound, match="signed with the key"):
        check_file(tmp_path / "p.json", Known(public_key(config).replace("notices-archive", "someone-else")))


def test_revision_without_a_snapshot_is_not_proved(config: Config, database: Engine) -> None:
    with pytest.raises(UnknownName, match="no revision 2"):
        prove_notice(config, database, 7, 2)


def test_log_continues_an_earlier_note_until_its_past_is_changed(config: Config, database: Engine, tmp_path: Path) -> None:
    earlier = sign_log(config, database)
    assert sign_log(config, database) == earlier
    (tmp_path / "c.json").write_bytes(prove_continuation(config, database, earlier.note))
    shown = check_file(tmp_path / "c.json", Known(public_key(config)))
    assert isinstance(shown, Continuation)
    assert (shown.earlier.size, shown.later.size) == (COUNT, COUNT)
    change(config, "update snapshot set url = 'http://forged.example/' where id = 3; delete from checkpoint")
    with pytest.raises(DamageFound):
        prove_continuation(config, database, earlier.note)


def test_reply_is_kept_with_its_checkpoint_and_goes_into_the_proof(config: Config, database: Engine) -> None:
    signed = sign_log(config, database)
    assert keep_timestamp(config, database, signed, b"reply") is None
    assert value(config, "select timestamp_response from checkpoint") == "cmVwbHk="
    assert read_proof(prove_notice(config, database, 7).proof).timestamp == "cmVwbHk="


def test_reply_that_does_not_verify_is_not_kept(config: Config, database: Engine) -> None:
    with pytest.raises((BadInput, DamageFound)):
        keep_timestamp(config, database, sign_log(config, database), b"reply", b"no certificates")
    assert value(config, "select timestamp_response from checkpoint") is None


def test_authority_is_asked_over_http_only_and_its_silence_is_an_error() -> None:
    with pytest.raises(BadInput, match="http or https"):
        request_timestamp("file:///etc/passwd", "note")
    with pytest.raises(FetchError):
        request_timestamp("http://127.0.0.1:9/", "note")
