"""E-mail, plain and HTML, with the headers of automatic mail (RFC 3834); a header never contains a line break of a title."""

from __future__ import annotations

import html
import smtplib
import ssl
import time
from contextlib import suppress
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from crawler.http.deadline import cut_after
from watch.channels import Channel, secret_of
from watch.senders.answer import Answer, Body, Message

_SECONDS = 30
_TIMES = 4  # a server that sends a byte now and then is never silent: all of its replies may take so many times _SECONDS, far below a lease


class _Session(smtplib.SMTP):
    """A session whose replies come to an end: smtplib bounds each piece that arrives, and a reply may have any number of them."""

    def __init__(self, host: str, port: int, **more: ssl.SSLContext) -> None:
        self._until = time.monotonic() + _TIMES * _SECONDS
        super().__init__(host, port, timeout=_SECONDS, **more)  # type: ignore[arg-type]  # SMTP_SSL takes a context

    def getreply(self) -> tuple[int, bytes]:
        """The next reply. Raises TimeoutError when the session's time is over."""
        assert self.sock is not None
        with cut_after(self.sock, max(self._until - time.monotonic(), 0)):
            return super().getreply()


class _TlsSession(_Session, smtplib.SMTP_SSL):
    """The same over TLS from its first byte on."""


def mail_of(channel: Channel, message: Message) -> EmailMessage:
    """The mail for a message; its id is the same in every try."""
    body, mail = message.body, EmailMessage()
    domain = channel.sender.rpartition("@")[2].strip("> ")
    mail["From"], mail["To"] = channel.sender, channel.target
    mail["Subject"] = " ".join("".join(c if c.isprintable() else " " for c in body.subject).split())
    mail["Date"] = format_datetime(max(each.at for each in body.events))
    mail["Message-ID"] = f"<{body.id}@{domain}>"
    if body.earlier:  # a reader's program shows what happens to a notice as one conversation (RFC 5322, 3.6.4)
        mail["In-Reply-To"] = f"<{body.earlier[-1]}@{domain}>"
        mail["References"] = " ".join(f"<{each}@{domain}>" for each in body.earlier)
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<mailto:{channel.sender.rpartition('<')[2].strip('> ')}?subject=unsubscribe>"
    mail.set_content(message.text())
    rows = "".join(
        f'<li>{html.escape(body.said(e.event))} <a href="{html.escape(e.url)}">{html.escape(e.title or e.url)}</a></li>'
        if e.url
        else f"<li>{html.escape(body.said(e.event))} {html.escape(e.title)}</li>"
        for e in body.events
    )
    more = _more(body) if body.more else ""
    mail.add_alternative(f"<html><body><p>{html.escape(body.subject)}</p><ul>{rows}</ul>{more}</body></html>", subtype="html")
    return mail


def _more(body: Body) -> str:
    told = html.escape(body.left_out(body.more))
    address = html.escape(body.link)
    return f'<p><a href="{address}">{told}</a></p>' if body.link.startswith(("https://", "http://")) else f"<p>{told}</p>"


def send(channel: Channel, message: Message) -> Answer:
    """Hand the mail to the server; its words when it does not take it."""
    try:
        server = _session(channel)
        try:
            refused = server.send_message(mail_of(channel, message))
            with suppress(OSError):  # the mail is taken: a server that is slow to say farewell must not get it again
                server.quit()
        finally:
            server.close()
    except smtplib.SMTPException as error:
        return Answer(False, f"{type(error).__name__}: {error}"[:200])
    return Answer(not refused, f"taken, but not for {', '.join(refused)}" if refused else "250 taken")


def _session(channel: Channel) -> _Session:
    """A session that may send: over TLS where the server offers it, to a server whose certificate is valid where a password goes to it."""
    parts = urlsplit(channel.smtp)
    host = parts.hostname or ""
    if parts.scheme == "smtps":
        server: _Session = _TlsSession(host, parts.port or 465, context=ssl.create_default_context())
    else:
        server = _Session(host, parts.port or 25)
    try:
        password = secret_of(channel.secret) if parts.username and channel.secret else ""
        server.ehlo_or_helo_if_needed()  # only its answer says what the server offers
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context() if password else None)
        if password:
            server.login(unquote(parts.username or ""), password)
    except BaseException:
        server.close()
        raise
    return server
