"""A command that gets the message as JSON on its standard input; exit 0 is taken."""

from __future__ import annotations

import shlex
import subprocess

from watch.channels import Channel, secret_of
from watch.senders.answer import Answer, Message

_SECONDS = 60


def send(channel: Channel, message: Message) -> Answer:
    """Run the command, without a shell."""
    words = shlex.split(secret_of(channel.target))
    try:
        done = subprocess.run(words, input=message.raw + b"\n", capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return Answer(False, f"it did not end within {_SECONDS} s")
    words_said = done.stderr[-200:].decode("utf-8", "replace").strip()
    return Answer(done.returncode == 0, f"exit {done.returncode} {words_said}".strip())
