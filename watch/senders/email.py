"""E-mail, plain and HTML, with the headers of automatic mail (RFC 3834); a header never contains a line break of a title."""

from __future__ import annotations

import html
import smtplib
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from watch.channels import Channel, secret_of
from watch.senders.answer import Answer, Message

_SECONDS = 30


def mail_of(channel: Channel, message: Message) -> EmailMessage:
    """The mail for a message; its id is the same in every try."""
    body, mail = message.body, EmailMessage()
    domain = channel.sender.rpartition("@")[2].strip("> ")
    mail["From"], mail["To"] = channel.sender, channel.target
    mail["Subject"] = " ".join("".join(c if c.isprintable() else " " for c in body.subject).split())
    mail["Date"] = format_datetime(max(each.at for each in body.events))
    mail["Message-ID"] = f"<{body.id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["List-Unsubscribe"] = f"<mailto:{channel.sender.rpartition('<')[2].strip('> ')}?subject=unsubscribe>"
    mail.set_content(message.text())
    rows = "".join(
        f'<li>{html.escape(e.event)} <a href="{html.escape(e.url)}">{html.escape(e.title or e.url)}</a></li>'
        if e.url
        else f"<li>{html.escape(e.event)} {html.escape(e.title)}</li>"
        for e in body.events
    )
    more = f"<p>… {body.more} more</p>" if body.more else ""
    mail.add_alternative(f"<html><body><p>{html.escape(body.subject)}</p><ul>{rows}</ul>{more}</body></html>", subtype="html")
    return mail


def send(channel: Channel, message: Message) -> Answer:
    """Hand the mail to the server; its words when it does not take it."""
    parts = urlsplit(channel.smtp)
    client = smtplib.SMTP_SSL if parts.scheme == "smtps" else smtplib.SMTP
    try:
        with client(parts.hostname or "", parts.port or (465 if parts.scheme == "smtps" else 25), timeout=_SECONDS) as server:
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls()
            if parts.username and channel.secret:
                server.login(unquote(parts.username), secret_of(channel.secret))
            refused = server.send_message(mail_of(channel, message))
    except smtplib.SMTPException as error:
        return Answer(False, f"{type(error).__name__}: {error}"[:200])
    return Answer(not refused, f"taken, but not for {', '.join(refused)}" if refused else "250 taken")
