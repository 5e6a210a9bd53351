"""What messages say: later ones about a notice answer the earlier ones, what had no room is one link away, words are in the reader's language."""

from __future__ import annotations

import email
import json
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from notices.model import Notice
from notices.text.language import use
from pipeline.sql.changes import Occasion
from pipeline.store import Reading, store_reading
from tests.support.quick_home import QuickHome
from tests.support.reading_room import reading_room
from tests.watch.mail_server import mail_server
from tests.watch.test_delivery import NOW, Archive, watched
from watch.delivery import body_of
from watch.events import Event
from watch.senders.answer import Message


class Keep:
    """A handler that keeps every mail."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        return "250 OK"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(QuickHome(tmp_path))


def stored(archive: Archive, *texts: tuple[int, str]) -> None:
    with Session(archive.database) as session, session.begin():
        for n, text in texts:
            reading = Reading(Notice(url=f"http://www.linshan.example/{n}.html", title=f"通知{n}", text=text), (), None, NOW)
            store_reading(session, archive.source, reading, Occasion(None, False))


def test_mails_about_one_notice_are_one_conversation(archive: Archive) -> None:
    keep = Keep()
    with mail_server(keep) as address:
        watched(archive, "email", "leser@example.org", "--smtp", address, "--from", "archiv@example.org")
        for texts in ([(1, "河道一。")], [(1, "河道二。")], [(1, "渠道三。")], [(1, "河道四。"), (2, "河道。")]):
            stored(archive, *texts)
            archive.run()
    first, second, third, several = keep.mails
    assert first["In-Reply-To"] is None
    assert first["References"] is None
    assert second["In-Reply-To"] == second["References"] == first["Message-ID"]
    assert third["In-Reply-To"] == second["Message-ID"]
    assert str(third["References"]).split() == [first["Message-ID"], second["Message-ID"]]
    assert several["In-Reply-To"] is None, "a mail about several notices continues no conversation"


@pytest.mark.parametrize("address", ["", "https://archiv.example.org"])
def test_what_had_no_room_in_a_message_is_listed_by_its_id(archive: Archive, address: str) -> None:
    if address:
        archive.home.environment["NOTICES_PUBLIC_ADDRESS"] = address
    keep = Keep()
    with mail_server(keep) as server:
        watched(archive, "email", "leser@example.org", "--smtp", server, "--from", "archiv@example.org")
        archive.new(*range(1, 31))
        archive.run()
    (mail,) = keep.mails
    ident = str(mail["Message-ID"]).strip("<>").partition("@")[0]
    plain, page = (part.get_content() for part in mail.iter_parts())  # type: ignore[attr-defined]
    where = f"{address}/told/{ident}" if address else f"notices watch told {ident}"
    assert f"… and 10 more: {where}" in plain
    assert (f'<a href="{where}">' in page) == bool(address)
    listed = [json.loads(line)["notice"] for line in archive.home.run("watch", "told", ident, "--json").stdout.splitlines()]
    assert listed == list(range(1, 31))
    archive.new(31)
    archive.run(check=None)
    assert len(archive.home.run("watch", "told", ident).stdout.splitlines()) == 30, "the stored hits, not a search of today"
    assert "nosuch" in archive.home.run("watch", "told", "nosuch", check=2).stderr
    with reading_room(archive.home) as room:
        answer = room.get(f"/told/{ident}?lang=zh")
        assert answer.text.count("新命中") == 30
        assert "noindex" in answer.headers["x-robots-tag"]
        assert room.get("/told/nosuch").status_code == room.get("/told/stdout").status_code == 404
        archive.home.run("takedown", "1", "--reason", "误收")
        assert room.get(f"/told/{ident}?lang=zh").text.count("新命中") == 29


def message(count: int) -> Message:
    """A message about so many notices."""
    return Message(
        b"", body_of("i" * 36, "河", [Event("河", "entered", n, 1, f"http://a.example/{n}", f"通知{n}", n, NOW) for n in range(count)])
    )


@pytest.mark.parametrize(("count", "most"), [(5, 230), (20, 600), (177, 900), (177, 4096), (177, None)])
def test_cut_message_counts_all_that_it_leaves_out(count: int, most: int | None) -> None:
    text = message(count).text(most)
    assert most is None or len(text.encode()) <= most
    shown = text.count("http://a.example/")
    assert f"… and {count - shown} more: notices watch told {'i' * 36}" in text


def test_words_are_in_the_language_of_the_reader() -> None:
    use("zh")
    try:
        text = message(30).text()
    finally:
        use("en")
    assert "新命中  通知0" in text
    assert "另有10条" in text
    assert "entered" not in text
