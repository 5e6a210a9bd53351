"""All other services, through Apprise (extra `notify`)."""

from __future__ import annotations

import logging

from notices.errors import ConfigError
from notices.text.language import _
from watch.channels import Channel, secret_of
from watch.senders.answer import Answer, Message


def send(channel: Channel, message: Message) -> Answer:
    """Notify the service of the Apprise address. Raises ConfigError without Apprise, or for an address that it does not know."""
    try:
        import apprise  # an extra: only its channels need it
    except ImportError as error:
        raise ConfigError(_("a channel of type apprise needs the extra notify: pip install 'notices-archive[notify]'")) from error
    logging.getLogger("apprise").disabled = True  # it writes addresses that it cannot read, and tokens, as they are
    service = apprise.Apprise()
    if not service.add(secret_of(channel.target)):
        raise ConfigError(_("apprise does not know the address of the channel"))
    taken = bool(service.notify(title=message.body.subject, body=message.text()))
    return Answer(taken, "apprise: taken" if taken else "apprise: not taken")
