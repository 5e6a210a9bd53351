"""Messages reach real receivers on this machine once; what a receiver does not take waits, is shown and can be replayed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from notices.config import load_config
from notices.model import Notice
from pipeline.sql.changes import Occasion
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading
from tests.support.quick_home import QuickHome
from tests.watch.mail_server import mail_server
from tests.watch.receiver import Receiver
from watch.channels import Channel
from watch.delivery import deliver_due, send, trial
from watch.senders.webhook import signature

NOW = datetime.now(UTC)


class Archive:
    """An archive with a watch on 河道 that is told of `texts`."""

    def __init__(self, home: QuickHome) -> None:
        self.home, self.config = home, load_config({"NOTICES_HOME": str(home.path)})
        self.database = open_database(self.config)
        self.source = source_id(self.database, "linshan")

    def new(self, *numbers: int, title: str = "河道通知") -> None:
        """Notices that a later crawl finds."""
        with Session(self.database) as session, session.begin():
            for n in numbers:
                reading = Reading(Notice(url=f"http://www.linshan.example/{n}.html", title=f"{title}{n}", text="河道。"), (), None, NOW)
                store_reading(session, self.source, reading, Occasion(None, False))

    def run(self, check: int | None = 0) -> str:
        """notices watch run."""
        return self.home.run("watch", "run", "--json", check=check).stdout

    def later(self, **time: float) -> None:
        """What is due after that time is sent."""
        deliver_due(self.config, self.database, datetime.now(UTC) + timedelta(**time))

    def states(self) -> list[tuple[str, str]]:
        """State and answer of each message."""
        return self.home.rows("select state, answer from delivery order by id")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(QuickHome(tmp_path))


def watched(archive: Archive, kind: str, target: str, *more: str) -> None:
    archive.home.run("channel", "add", "c", kind, target, *more)
    archive.home.run("watch", "add", "河", "河道", "--to", "c")


def test_webhook_has_the_same_id_and_bytes_in_every_try_and_a_signature(archive: Archive, receiver: Receiver) -> None:
    watched(archive, "webhook", receiver.url, "--secret", "whsec_aW52ZW50ZWQ=", "--allow-private")
    archive.new(1, 2)
    receiver.answers = [(500, b"")]
    archive.run(check=3)
    assert archive.states() == [("failed", "HTTP 500")]
    archive.later(seconds=1)
    archive.later(minutes=1)
    archive.later(days=1)
    assert (len(receiver.got), archive.states()) == (2, [("sent", "HTTP 200")])
    (first, body), (again, body_again) = receiver.got
    assert (first["webhook-id"], body) == (again["webhook-id"], body_again)
    assert first["webhook-signature"] == signature("whsec_aW52ZW50ZWQ=", first["webhook-id"], int(first["webhook-timestamp"]), body)
    assert [e["title"] for e in json.loads(body)["events"]] == ["河道通知1", "河道通知2"]


def test_signature_is_that_of_the_standard() -> None:
    # The example of the Standard Webhooks specification.
    made = signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_that_wants_no_more_closes_the_channel_until_a_replay(archive: Archive, receiver: Receiver) -> None:
    watched(archive, "webhook", receiver.url, "--allow-private")
    archive.new(1)
    receiver.answers = [(410, b"")]
    archive.run(check=3)
    archive.new(2)
    archive.run(check=3)
    assert (len(receiver.got), [state for state, _ in archive.states()]) == (1, ["dead", "dead"])
    assert "410" in archive.home.run("channel", "letters", check=3).stdout
    archive.home.run("channel", "replay")
    archive.run()
    assert [state for state, _ in archive.states()] == ["sent", "sent"]


@pytest.mark.parametrize(("kind", "answer"), [("wecom", {"errcode": 45009, "errmsg": "freq"}), ("dingtalk", {"errcode": 310000, "errmsg": "sign"}),
                                              ("feishu", {"code": 19024, "msg": "key"}), ("wecom", []), ("dingtalk", {})])  # fmt: skip
def test_a_robot_that_answers_200_with_an_error_has_not_taken_it(archive: Archive, receiver: Receiver, kind: str, answer: Any) -> None:
    watched(archive, kind, receiver.url, "--secret", "SECinvented", "--allow-private")
    archive.new(1)
    receiver.answers = [(200, json.dumps(answer).encode())]
    archive.run(check=3)
    (state, words), = archive.states()  # fmt: skip
    assert (state, "geheim" in words) == ("failed", False)
    archive.later(minutes=1)
    assert [state for state, _ in archive.states()] == ["sent"]


def test_long_messages_are_cut_by_bytes_and_say_what_is_left_out(archive: Archive, receiver: Receiver) -> None:
    watched(archive, "wecom", receiver.url, "--allow-private")
    archive.new(*range(1, 31), title="关于进一步加强全市河道管护工作有关事项的通知" * 5)
    archive.run()
    content = json.loads(receiver.got[0][1])["markdown"]["content"]
    assert len(content.encode()) <= 4096
    assert "more" in content
    assert json.loads(archive.home.rows("select body from delivery")[0][0])["more"] == 10


def test_private_addresses_are_refused_unless_allowed(receiver: Receiver) -> None:
    for url in (receiver.url, receiver.url.replace("127.0.0.1", "localhost"), "http://[::1]:1/", "http://2130706433/"):
        assert not send(Channel("webhook", url), trial(NOW)).ok
    assert receiver.got == []


def test_one_dead_channel_delays_no_other(archive: Archive, tmp_path: Path) -> None:
    archive.home.run("channel", "add", "dead", "webhook", "http://127.0.0.1:9/", "--allow-private")
    archive.home.run("channel", "add", "file", "command", f"tee {tmp_path / 'out'}")
    archive.home.run("watch", "add", "河", "河道", "--to", "dead", "--to", "file")
    archive.new(1)
    archive.run(check=3)
    assert json.loads((tmp_path / "out").read_text())["watch"] == "河"
    assert sorted(state for state, _ in archive.states()) == ["failed", "sent"]


def test_a_message_whose_sender_died_is_sent_again_when_its_lease_ends(archive: Archive, receiver: Receiver) -> None:
    watched(archive, "webhook", receiver.url, "--allow-private")
    archive.new(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("watch.delivery.send", _dies)
        with pytest.raises(SystemExit):
            archive.run(check=None)
            raise SystemExit(137)
    assert [state for state, _ in archive.states()] == ["leased"]
    archive.later(minutes=1)
    assert receiver.got == []
    archive.later(minutes=6)
    assert (len(receiver.got), [state for state, _ in archive.states()]) == (1, ["sent"])


def _dies(channel: Channel, raw: bytes) -> None:
    raise SystemExit(137)


def test_digests_and_quiet_hours_wait(archive: Archive, receiver: Receiver) -> None:
    archive.home.run("channel", "add", "c", "webhook", receiver.url, "--allow-private", "--quiet", "00:00-23:59")
    archive.home.run("watch", "add", "河", "河道", "--to", "c", "--every", "0 8 1 1 *")
    archive.new(1)
    archive.run()
    assert archive.states() == []
    archive.new(2)
    archive.run()
    archive.later(days=400)
    assert [state for state, _ in archive.states()] in (["pending"], ["sent"])
    assert len(archive.states()) == 1


@pytest.mark.parametrize("title", ["河道通知", "河道\r\nBcc: x@example.org\r\n通知"])
def test_mail_is_plain_and_html_and_no_title_becomes_a_header(archive: Archive, title: str) -> None:
    mails: list[Any] = []

    class Keep:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            mails.append(envelope)
            return "250 OK"

    with mail_server(Keep()) as address:
        watched(archive, "email", "leser@example.org", "--smtp", address, "--from", "archiv@example.org")
        archive.new(1, title=title)
        archive.run()
    (mail,) = mails
    assert mail.rcpt_tos == ["leser@example.org"]
    head, _, text = mail.content.partition(b"\r\n\r\n")
    assert all(
        name in head for name in (b"Message-ID: <", b"Auto-Submitted: auto-generated", b"List-Unsubscribe:", b"multipart/alternative")
    )
    assert b"\nBcc:" not in head
    assert b"text/html" in text


@pytest.mark.parametrize(
    ("words", "named"),
    [(("x", "webhook", "ftp://a"), "ftp"), (("x", "email", "a@b"), "smtp"), (("x", "command", "true", "--quiet", "25-26"), "25-26"), (("x", "fax", "1"), "fax")],
)  # fmt: skip
def test_a_channel_that_cannot_work_is_refused(archive: Archive, words: Sequence[str], named: str) -> None:
    assert named in archive.home.run("channel", "add", *words, check=2).stderr


def test_secrets_are_read_from_files_that_nobody_else_reads_and_are_never_shown(
    archive: Archive, receiver: Receiver, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("geheimwort")
    secret.chmod(0o644)
    watched(archive, "webhook", receiver.url, "--secret", f"file:{secret}", "--allow-private")
    archive.new(1)
    done = archive.home.run("watch", "run", check=3)
    assert "644" in archive.states()[0][1]
    secret.chmod(0o600)
    archive.home.run("channel", "replay")
    archive.run()
    shown = done.stdout + done.stderr + archive.home.run("channel", "list").stdout + archive.home.run("channel", "letters").stdout
    assert "geheim" not in shown
    path = archive.home.path / "channels.toml"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    assert "chmod 600" in archive.home.run("watch", "run", check=2).stderr


def test_a_test_sends_one_real_message_and_reports_the_answer(archive: Archive, receiver: Receiver) -> None:
    watched(archive, "webhook", receiver.url, "--allow-private")
    receiver.answers = [(404, b"")]
    assert "404" in archive.home.run("watch", "test", "河", check=3).stdout
    assert "200" in archive.home.run("channel", "test", "c").stdout
