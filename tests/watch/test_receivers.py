"""Receivers that answer 500, an error in the body of a 200, 410, too late, or never: each kind of channel keeps the message and sends it again."""

import asyncio
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from notices.config import Config, load_config
from notices.model import Notice
from pipeline.sql.changes import Occasion
from pipeline.sql.database import open_database
from pipeline.sql.runs import source_id
from pipeline.store import Reading, store_reading
from tests.support.quick_home import QuickHome
from tests.watch.mail_server import mail_server
from watch.channels import Channel
from watch.delivery import deliver_due, send, trial
from watch.senders.answer import Answer

HTTP_KINDS = ("webhook", "wecom", "dingtalk", "feishu")
TAKEN = json.dumps({"errcode": 0, "code": 0}).encode()
WAYS = [(kind, way) for kind in HTTP_KINDS for way in ("500", "late", "dripping")]
WAYS += [
    ("wecom", "error in 200"),
    ("dingtalk", "error in 200"),
    ("feishu", "error in 200"),
    ("email", "500"),
    ("email", "late"),
    ("email", "dripping"),
]


class Moody:
    """A receiver of HTTP that behaves as `way` says at first, and takes every message after that."""

    def __init__(self, way: str) -> None:
        self.way = way
        self.taken: list[bytes] = []
        moody = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                way, moody.way = moody.way, "takes"
                if way == "takes":
                    moody.taken.append(body)
                elif way == "late":
                    time.sleep(3)
                    return
                self.send_response(int(way) if way.isdigit() else 200)
                self.end_headers()
                if way == "dripping":
                    self._drip()
                else:
                    self.wfile.write(b'{"errcode": 45009, "code": 9499}' if way == "error in 200" else TAKEN)

            def _drip(self) -> None:
                for _ in range(600):
                    try:
                        self.wfile.write(b" ")
                    except OSError:
                        return
                    time.sleep(0.2)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"


async def drip(server: Any) -> None:
    """Begin a reply of a mail server and add a byte now and then, for a minute or until nobody reads."""
    server.transport.write(b"250-")
    for _ in range(600):
        if server.transport.is_closing():
            return
        server.transport.write(b"x")
        await asyncio.sleep(0.1)


@contextmanager
def receiver_of(kind: str, way: str) -> Iterator[tuple[list[str], Callable[[], list[bytes]]]]:
    """The words that add a channel to such a receiver, and the messages that it has taken."""
    if kind != "email":
        made = Moody(way)
        try:
            yield [kind, made.url, "--secret", "SECinvented", "--allow-private"], lambda: made.taken
        finally:
            made.server.shutdown()
            made.server.server_close()
        return
    taken: list[bytes] = []
    moods = [way]

    class Mail:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            mood = moods.pop() if moods else "takes"
            if mood == "late":
                await asyncio.sleep(3)
                return "451 too late"
            if mood == "dripping":
                await drip(server)
            if mood != "takes":
                return "451 try again"
            taken.append(envelope.content)
            return "250 OK"

    with mail_server(Mail()) as address:
        yield ["email", "leser@example.org", "--smtp", address, "--from", "archiv@example.org"], lambda: taken


def archive(home: QuickHome) -> tuple[Config, Engine]:
    config = load_config({"NOTICES_HOME": str(home.path)})
    database = open_database(config)
    return config, database


def store(database: Engine) -> None:
    source = source_id(database, "linshan")
    with Session(database) as session, session.begin():
        notice = Notice(url="http://www.linshan.example/1.html", title="河道通知", text="河道。")
        store_reading(session, source, Reading(notice, (), None, datetime.now(UTC)), Occasion(None, False))


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("watch.senders.post._SECONDS", 1.0)
    monkeypatch.setattr("watch.senders.email._SECONDS", 1)


@pytest.mark.parametrize(("kind", "way"), WAYS)
def test_message_is_kept_and_arrives_once_when_the_receiver_is_well_again(tmp_path: Path, kind: str, way: str) -> None:
    home = QuickHome(tmp_path)
    config, database = archive(home)
    with receiver_of(kind, way) as (words, taken):
        home.run("channel", "add", "c", *words)
        home.run("watch", "add", "河", "河道", "--to", "c")
        store(database)
        home.run("watch", "run", check=3)
        ((state, answer),) = home.rows("select state, answer from delivery")
        assert (state, answer) == ("failed", "TimeoutError" if way == "dripping" else answer)
        assert taken() == []
        deliver_due(config, database, datetime.now(UTC) + timedelta(minutes=1))
        deliver_due(config, database, datetime.now(UTC) + timedelta(days=3))
        assert (len(taken()), home.rows("select state from delivery")) == (1, [("sent",)])
    database.dispose()


@pytest.mark.parametrize("kind", HTTP_KINDS)
def test_410_closes_every_kind_of_channel_until_a_replay(tmp_path: Path, kind: str) -> None:
    home = QuickHome(tmp_path)
    _config, database = archive(home)
    with receiver_of(kind, "410") as (words, taken):
        home.run("channel", "add", "c", *words)
        home.run("watch", "add", "河", "河道", "--to", "c")
        store(database)
        home.run("watch", "run", check=3)
        assert home.rows("select state from delivery") == [("dead",)]
        home.run("channel", "replay")
        home.run("watch", "run")
        assert (len(taken()), home.rows("select state from delivery")) == (1, [("sent",)])
    database.dispose()


@pytest.mark.parametrize("kind", [*HTTP_KINDS, "email"])
def test_nobody_there_is_a_failure_and_is_given_up_after_the_last_try(tmp_path: Path, kind: str) -> None:
    home = QuickHome(tmp_path)
    config, database = archive(home)
    words = ["leser@example.org", "--smtp", "smtp://127.0.0.1:9", "--from", "a@example.org"]
    home.run("channel", "add", "c", kind, *(words if kind == "email" else ["http://127.0.0.1:9/", "--allow-private"]))
    home.run("watch", "add", "河", "河道", "--to", "c")
    store(database)
    home.run("watch", "run", check=3)
    assert home.rows("select state from delivery") == [("failed",)]
    for day in range(1, 12):
        deliver_due(config, database, datetime.now(UTC) + timedelta(days=2 * day))
    assert home.rows("select state from delivery") == [("dead",)]
    home.run("channel", "letters", check=3)
    database.dispose()


def mail(smtp: str) -> Answer:
    channel = Channel("email", "leser@example.org", smtp=smtp, sender="archiv@example.org")
    return send(channel, trial(datetime.now(UTC)))


def test_mail_is_taken_whatever_the_server_s_farewell_is_like() -> None:
    class Slow:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            return "250 OK"

        async def handle_QUIT(self, server: Any, session: Any, envelope: Any) -> str:
            await drip(server)
            return "221 bye"

    with mail_server(Slow()) as address:
        assert mail(address).ok


def test_mail_goes_over_tls_where_the_server_offers_it(tmp_path: Path) -> None:
    over_tls = list[bool]()

    class Mail:
        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            over_tls.append(session.ssl is not None)
            return "250 OK"

    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own_certificate(tmp_path / "own.pem"))
    with mail_server(Mail(), tls_context=context) as address:
        assert mail(address).ok
    assert over_tls == [True]


def test_password_goes_to_no_server_whose_certificate_is_not_valid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVENTED", "geheim")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own_certificate(tmp_path / "own.pem"))
    with mail_server(object(), tls_context=context) as address:
        channel = Channel("email", "leser@example.org", "env:INVENTED", smtp=address.replace("//", "//leser@"), sender="a@example.org")
        answer = send(channel, trial(datetime.now(UTC)))
    assert (answer.ok, answer.text[:23]) == (False, "SSLCertVerificationErro")


def own_certificate(file: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody else signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")]), datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
    signed = made.sign(key, hashes.SHA256())
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    return file
