"""An archive that rewinds, forks, rewrites, lies or breaks off: refused with the documented code, and nothing of it is taken in."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.operations.follow.test_following import line, put
from tests.support.following.leading import PLAIN, Answer, Room, assert_equal, contents, followed, follower, leading
from tests.support.quick_home import QuickHome

REPLICA = "/api/v1/replica/"
_SILENT = {"note", "error", "code"}


@pytest.fixture
def first(tmp_path: Path) -> QuickHome:
    home = QuickHome(tmp_path / "first")
    put(home, *(line(n) for n in range(1, 5)))
    return home


@pytest.fixture
def second(tmp_path: Path) -> QuickHome:
    return follower(tmp_path / "second")


@pytest.fixture
def room(first: QuickHome) -> Iterator[Room]:
    with leading(first) as found:
        yield found


def altered(part: str, make: Callable[[bytes], bytes], status: int = 200) -> Callable[[str, Answer], Answer]:
    """Changes the answers at one address."""

    def change(path: str, answer: Answer) -> Answer:
        if not path.startswith(f"{REPLICA}{part}"):
            return answer
        return (status if answer[0] == 200 else answer[0]), answer[1], make(answer[2])

    return change


def values(make: Callable[[dict], object]) -> Callable[[bytes], bytes]:  # type: ignore[type-arg]
    def change(body: bytes) -> bytes:
        value = json.loads(body)
        made = make(value)
        return json.dumps(value if made is None else made).encode()

    return change


def refused(second: QuickHome, code: int, *words: str) -> str:
    """What a run says that is refused, after which everything here is as it was."""
    before = contents(second) if (second.path / "notices.db").exists() else None
    warc = sum(path.stat().st_size for path in (second.path / "warc").glob("*.gz*")) if (second.path / "warc").exists() else 0
    told = followed(second, *words, check=code)["error"]
    if before is not None:
        assert contents(second) == before
        assert sum(path.stat().st_size for path in (second.path / "warc").glob("*.gz*")) == warc
    return str(told)


def test_a_fork_is_refused_and_the_entries_named(first: QuickHome, second: QuickHome, room: Room, tmp_path: Path) -> None:
    fork = QuickHome(tmp_path / "fork")
    shutil.copytree(first.path, fork.path, ignore=shutil.ignore_patterns("locks"))
    put(first, line(5), line(6))
    put(fork, line(7), line(8), line(9))
    followed(second, room.base)
    with leading(fork) as other:
        told = refused(second, 4, other.base)
        assert "entry 4 (snapshot 5) differs there" in told
        assert "nothing was taken in" in told
    put(first, line(10))
    followed(second, room.base)
    assert_equal(first, second)


def test_a_log_that_was_rewound_is_refused(first: QuickHome, second: QuickHome, room: Room, tmp_path: Path) -> None:
    earlier = QuickHome(tmp_path / "earlier")
    shutil.copytree(first.path, earlier.path, ignore=shutil.ignore_patterns("locks"))
    put(first, line(5))
    followed(second, room.base)
    with leading(earlier) as other:
        assert "its log was rewound" in refused(second, 4, other.base)


def test_a_past_that_was_rewritten_and_signed_again_is_refused(first: QuickHome, second: QuickHome, room: Room) -> None:
    followed(second, room.base)
    with sqlite3.connect(first.path / "notices.db") as raw:
        raw.execute("update snapshot set url = 'http://a.example/n2-other.html' where id = 2")
        raw.execute("delete from checkpoint")
    raw.close()
    shutil.rmtree(first.path / "checkpoints")
    first.run("checkpoint")
    told = refused(second, 4)
    assert "its past was changed" in told
    assert "entry 1 (snapshot 2) differs there" in told
    put(first, line(5))
    assert "entry 1 (snapshot 2) differs there" in refused(second, 4)


def test_another_key_and_another_archive_are_refused(first: QuickHome, second: QuickHome, room: Room, tmp_path: Path) -> None:
    key = json.loads(first.run("follow", "--help").stdout and json.dumps(first.run("checkpoint", "--key").stdout.strip()))
    other = QuickHome(tmp_path / "other")
    put(other, line(1))
    others = other.run("checkpoint", "--key").stdout.strip()
    assert "signs with the key" in refused(second, 4, room.base, "--key", others)
    assert not (second.path / "notices.db").exists()
    followed(second, room.base, "--key", key)
    with leading(other) as elsewhere:
        assert "this archive follows archive" in refused(second, 2, elsewhere.base)
    ident = (first.path / "archive-id").read_text().strip()
    with leading(other) as elsewhere:
        elsewhere.change = altered("archive", values(lambda value: value.update(archive=ident)))
        assert "signs with the key" in refused(second, 4, elsewhere.base)
        elsewhere.change = altered("archive", values(lambda value: value.update(archive=ident, public_key=key)))
        assert "signed note of" in refused(second, 4, elsewhere.base) or "valid signature" in refused(second, 4, elsewhere.base)


_LIES = {
    "a record of other bytes": ("records", lambda body: body[:-20] + bytes([body[-20] ^ 1]) + body[-19:]),
    "no record at all": ("records", lambda body: b""),
    "another snapshot": ("records", lambda body: body.replace(b'"snapshot": 1,', b'"snapshot": 9,', 1)),
    "a line without end": ("records", lambda body: b"x" * 5000),
    "a record that is too large": ("records", lambda body: b'{"snapshot": 1, "length": 99999999999}\n'),
    "an entry with another digest": ("entries", lambda body: body.replace(b"sha256:", b"sha256:0", 1).replace(b'",', b'",', 1)),
    "an entry left out": ("entries", values(lambda value: {**value, "entries": value["entries"][1:]})),
    "an entry changed": ("entries", values(lambda value: value["entries"][0].update(url="http://a.example/evil.html"))),
    "entries out of order": ("entries", values(lambda value: {**value, "entries": value["entries"][::-1]})),
    "no JSON": ("entries", lambda body: b"<html>"),
    "a key too many": ("archive", values(lambda value: value.update(path="../../etc/passwd"))),
    "a deep array": ("archive", lambda body: b"[" * 100_000),
    "a note that is not signed": ("checkpoint", lambda body: body.replace(b"\n4\n", b"\n3\n")),
    "a gap in the changes": ("changes", values(lambda value: {**value, "changes": value["changes"][1:]})),
    "a change of an unknown kind": ("changes", values(lambda value: value["changes"][1].update(kind="exploded"))),
    "no changes": ("changes", values(lambda value: {**value, "changes": []})),
    "a row that was rewritten": ("changes", values(lambda value: value["changes"][1]["row"]["revision"].update(title="另一标题"))),
    "a row with a value of another type": ("changes", values(lambda value: value["changes"][1]["row"]["revision"].update(n="1"))),
    "a row of a column that does not exist": ("changes", values(lambda value: value["changes"][1]["row"]["revision"].update(path="/etc"))),
    "a notice under another key": ("changes", values(lambda value: value["changes"][1]["subject"]["notice"].update(key="//b.example/"))),
    "a notice under another number": ("changes", values(lambda value: value["changes"][1]["subject"]["notice"].update(id=77))),
    "a time without zone": ("changes", values(lambda value: value["changes"][1].update(at="2026-01-01T00:00:00"))),
    "takedowns of another shape": ("takedowns", values(lambda value: {"takedowns": [{"id": 1}]})),
}  # fmt: skip


@pytest.mark.parametrize("lie", list(_LIES))
def test_a_lie_is_refused_and_the_truth_taken_later(first: QuickHome, second: QuickHome, room: Room, lie: str) -> None:
    part, make = _LIES[lie]
    room.change = altered(part, make)
    done = followed(second, room.base, check=4)
    assert done["error"].startswith("notices: ")
    assert "Traceback" not in done["error"]
    room.change = None
    followed(second, room.base)
    assert_equal(first, second)
    second.run("verify")


@pytest.mark.parametrize(
    ("status", "headers", "code"),
    [
        (503, {}, 7), (500, {}, 7), (502, {}, 7), (404, {}, 2), (401, {}, 2), (301, {"location": "http://b.example/"}, 4), (302, {}, 4),
        (301, {"location": "/api/v1/replica/archive"}, 4), (204, {}, 4),
    ],
)  # fmt: skip
def test_a_status_is_what_it_means(second: QuickHome, room: Room, status: int, headers: dict[str, str], code: int) -> None:
    room.change = lambda _path, _answer: (status, PLAIN | headers, b'{"detail": "\x1b[31mevil"}' if status >= 400 else b"")
    done = followed(second, room.base, check=code)
    assert "\x1b" not in done["error"]
    assert not (second.path / "notices.db").exists()


def test_redirects_and_waits_within_the_host_are_followed(first: QuickHome, second: QuickHome, room: Room) -> None:
    seen: list[str] = []

    def change(path: str, answer: Answer) -> Answer:
        seen.append(path)
        if path == f"{REPLICA}archive" and len(seen) == 1:
            return 302, {"location": f"{room.base}{REPLICA}archive?"}, b""
        if path.startswith(f"{REPLICA}entries") and not any(each.startswith(f"{REPLICA}entries") for each in seen[:-1]):
            return 429, {"retry-after": "0"}, b""
        return answer

    room.change = change
    assert followed(second, room.base)["complete"]
    assert_equal(first, second)


@pytest.mark.parametrize("part", ["archive", "checkpoint", "entries", "records", "changes", "takedowns"])
def test_an_answer_that_breaks_off_is_asked_for_again_by_the_next_run(first: QuickHome, second: QuickHome, room: Room, part: str) -> None:
    def change(path: str, answer: Answer) -> Answer:
        room.cut = 7 if path.startswith(f"{REPLICA}{part}") else 0
        return answer

    room.change = change
    followed(second, room.base, check=7)
    room.change, room.cut = None, 0
    followed(second, room.base)
    assert_equal(first, second)
    second.run("verify")


def test_an_archive_that_is_away(first: QuickHome, second: QuickHome) -> None:
    with leading(first) as room:
        followed(second, room.base)
    before = contents(second)
    assert "cannot be reached" in followed(second, check=7)["error"]
    assert contents(second) == before
    for wrong in ("ftp://a.example", "http://", "a.example", "http://user:word@a.example", "http://a.example:x"):
        assert "the address of a reading room" in followed(second, wrong, check=2)["error"]


def test_an_archive_that_has_signed_nothing(tmp_path: Path, second: QuickHome) -> None:
    home = QuickHome(tmp_path / "none")
    put(home, line(1), sign=False)
    with sqlite3.connect(home.path / "notices.db") as raw:
        raw.execute("delete from checkpoint")
    raw.close()
    with leading(home) as room:
        assert "signed nothing yet" in followed(second, room.base, check=2)["error"]


def test_records_that_the_other_cannot_read_are_named_and_nothing_is_cosigned(first: QuickHome, second: QuickHome, room: Room) -> None:
    (file,) = (first.path / "warc").glob("*.open")
    whole = file.read_bytes()
    with sqlite3.connect(first.path / "notices.db") as raw:
        (offset,) = raw.execute("select offset from snapshot where id = 2").fetchone()
    raw.close()
    file.write_bytes(whole[: offset + 60] + bytes([whole[offset + 60] ^ 255]) + whole[offset + 61 :])
    done = followed(second, room.base, check=4)
    assert (done["complete"], done["withheld"], done["note"]) == (False, {"unreadable": 1}, None)
    file.write_bytes(whole)
    done = followed(second)
    assert (done["complete"], done["withheld"]) == (True, {})
    assert done["note"]


def test_tls_with_an_authority_of_its_own(first: QuickHome, second: QuickHome, tmp_path: Path) -> None:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).add_extension(names, False)
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    (tmp_path / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with leading(first, ssl_certfile=str(tmp_path / "cert.pem"), ssl_keyfile=str(tmp_path / "key.pem")) as room:
        assert "its certificate is not trusted" in followed(second, room.base, check=2)["error"]
        assert "contains no certificate" in followed(second, room.base, "--ca", str(tmp_path / "key.pem"), check=2)["error"]
        assert followed(second, room.base, "--ca", str(tmp_path / "cert.pem"))["complete"]
    assert_equal(first, second)
