"""Group robots are sent what their makers document: the signature, the shape of the message, its length in bytes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from tests.watch.receiver import Receiver
from tests.watch.test_delivery import NOW
from watch.channels import Channel
from watch.delivery import body_of, send
from watch.events import Event

SECRET = "SECerfunden"


def sent(receiver: Receiver, kind: str, count: int = 1, secret: str = "") -> dict[str, object]:
    """What arrives of a message about so many notices with long titles."""
    events = [
        Event("河", "entered", n, 1, f"http://www.linshan.example/{n}.html", "关于河道管护工作的通知" * 8, n, NOW) for n in range(count)
    ]
    channel = Channel(kind, receiver.url, secret=secret, allow_private=True)  # type: ignore[arg-type]
    assert send(channel, msgspec.json.encode(body_of("i" * 36, "河", events))).ok
    arrived: dict[str, object] = json.loads(receiver.got[-1][1])
    return arrived


def test_dingtalk_is_signed_as_it_documents(receiver: Receiver) -> None:
    arrived = sent(receiver, "dingtalk", secret=SECRET)
    given = parse_qs(urlsplit(receiver.paths[-1]).query)
    assert given["key"] == ["geheim"], "the token of the address stays"
    (moment,), (sign,) = given["timestamp"], given["sign"]
    expected = hmac.new(SECRET.encode(), f"{moment}\n{SECRET}".encode(), hashlib.sha256).digest()
    assert base64.b64decode(sign) == expected
    assert abs(int(moment) / 1000 - datetime.now(UTC).timestamp()) < 3600, "milliseconds, at most an hour off"
    assert arrived["msgtype"] == "markdown"
    assert set(arrived["markdown"]) == {"title", "text"}  # type: ignore[call-overload]


def test_feishu_is_signed_as_it_documents(receiver: Receiver) -> None:
    arrived = sent(receiver, "feishu", secret=SECRET)
    moment = str(arrived["timestamp"])
    expected = hmac.new(f"{moment}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    assert base64.b64decode(str(arrived["sign"])) == expected
    assert abs(int(moment) - datetime.now(UTC).timestamp()) < 3600, "seconds"
    assert arrived["msg_type"] == "text"


def test_unsigned_robot_gets_no_signature(receiver: Receiver) -> None:
    sent(receiver, "dingtalk")
    assert "sign" not in receiver.paths[-1]
    assert "sign" not in sent(receiver, "feishu")


@pytest.mark.parametrize(
    ("kind", "place", "most"),
    [
        ("wecom", ("markdown", "content"), 4096),
        ("dingtalk", ("markdown", "text"), 20_000),
        ("feishu", ("content", "text"), 20_000),
    ],
)
def test_long_message_is_within_the_bytes_of_its_robot(receiver: Receiver, kind: str, place: tuple[str, str], most: int) -> None:
    arrived = sent(receiver, kind, count=177)
    text = arrived[place[0]][place[1]]  # type: ignore[index]
    assert len(text.encode()) <= most
    shown = text.count("http://")
    assert shown >= 10
    assert f"… and {177 - shown} more" in text
