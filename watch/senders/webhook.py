"""Webhooks as standardwebhooks.com describes them: a stable id, the time, and an HMAC over both and the body."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import time

from notices.errors import ConfigError
from notices.text.language import _
from watch.channels import Channel, secret_of
from watch.senders.answer import Answer, Message
from watch.senders.post import Target, post


def signature(secret: str, ident: str, seconds: int, body: bytes) -> str:
    """The header webhook-signature. A secret with the prefix whsec_ is base64. Raises ConfigError when it is not."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True) if secret.startswith("whsec_") else secret.encode()
    except binascii.Error as error:
        raise ConfigError(_("the secret begins with whsec_ and is not base64 after it")) from error
    digest = hmac.new(key, b".".join((ident.encode(), str(seconds).encode(), body)), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def send(channel: Channel, message: Message) -> Answer:
    """Post the stored bytes. 2xx is taken, 410 wants no more."""
    seconds, ident = int(time.time()), message.body.id
    headers = {"Content-Type": "application/json", "webhook-id": ident, "webhook-timestamp": str(seconds)}
    if channel.secret:
        headers["webhook-signature"] = signature(secret_of(channel.secret), ident, seconds, message.raw)
    status, _body = post(Target(secret_of(channel.target), channel.allow_private), message.raw, headers)
    return Answer(200 <= status < 300, f"HTTP {status}", gone=status == 410)
