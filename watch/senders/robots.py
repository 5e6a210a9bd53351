"""Group robots of 企业微信, 钉钉 and 飞书: they answer HTTP 200 and say in the body whether a message was taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from urllib.parse import quote_plus

from watch.channels import Channel, secret_of
from watch.senders.answer import Answer, Message
from watch.senders.post import Target, post

# Bytes, not characters: longer ones are refused or cut without a word (企业微信 markdown 4,096; 钉钉 20,000; 飞书 20 kB a request).
_WECOM, _DINGTALK, _FEISHU = 4096, 18_000, 16_000


def send_wecom(channel: Channel, message: Message) -> Answer:
    """企业微信群机器人."""
    payload = {"msgtype": "markdown", "markdown": {"content": message.text(_WECOM)}}
    return _sent(secret_of(channel.target), channel, payload, "errcode")


def send_dingtalk(channel: Channel, message: Message) -> Answer:
    """钉钉群机器人; with a secret it is signed (加签)."""
    url = secret_of(channel.target)
    if channel.secret:
        key, moment = secret_of(channel.secret), str(round(time.time() * 1000))
        made = hmac.new(key.encode(), f"{moment}\n{key}".encode(), hashlib.sha256).digest()
        url += f"{'&' if '?' in url else '?'}timestamp={moment}&sign={quote_plus(base64.b64encode(made))}"
    payload = {"msgtype": "markdown", "markdown": {"title": message.body.subject, "text": message.text(_DINGTALK)}}
    return _sent(url, channel, payload, "errcode")


def send_feishu(channel: Channel, message: Message) -> Answer:
    """飞书群机器人; with a secret it is signed."""
    payload: dict[str, object] = {"msg_type": "text", "content": {"text": message.text(_FEISHU)}}
    if channel.secret:
        moment = str(int(time.time()))
        made = hmac.new(f"{moment}\n{secret_of(channel.secret)}".encode(), b"", hashlib.sha256).digest()
        payload |= {"timestamp": moment, "sign": base64.b64encode(made).decode()}
    return _sent(secret_of(channel.target), channel, payload, "code")


def _sent(url: str, channel: Channel, payload: object, code: str) -> Answer:
    body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
    status, raw = post(Target(url, channel.allow_private), body, {"Content-Type": "application/json; charset=utf-8"})
    if status != 200:
        return Answer(False, f"HTTP {status}", gone=status == 410)
    try:
        answer = json.loads(raw)
        found = answer.get(code, answer.get("StatusCode"))
    except (ValueError, AttributeError, RecursionError):
        return Answer(False, "HTTP 200, and the answer is not the JSON of a robot")
    words = str(answer.get("errmsg") or answer.get("msg") or "")[:200]
    return Answer(found == 0, f"{code} {found} {words}".strip())
