"""`notices channel`: where people are told, and what did not arrive."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from cli.terminal import json_line, padded
from notices.config import Config
from notices.text.display import safe
from notices.text.language import _
from operations.read.json_values import json_object
from pipeline.sql.database import database_errors, open_database, open_for_reading
from watch.channels import KINDS, Channel, add_channel, channel_named, channels, remove_channel
from watch.delivery import letters, replay, send, trial


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices channel` and its verbs."""
    verb = verbs.add_parser("channel", help=_("say where people are told: e-mail, webhook, command, group robots"))
    actions = verb.add_subparsers(required=True, metavar="ACTION")
    add = actions.add_parser("add", help=_("add a channel to channels.toml"))
    add.add_argument("name", metavar="NAME")
    add.add_argument("type", choices=KINDS, metavar="TYPE", help=", ".join(KINDS))
    add.add_argument("target", metavar="TARGET", help=_("a command line, an address, env:NAME or file:PATH"))
    add.add_argument("--secret", default="", metavar="SECRET", help=_("a secret, better env:NAME or file:PATH"))
    add.add_argument("--smtp", default="", metavar="URL", help=_("smtp://[USER@]HOST[:PORT] or smtps://… of an e-mail channel"))
    add.add_argument("--from", dest="sender", default="", metavar="ADDRESS", help=_("the address that e-mail comes from"))
    add.add_argument("--quiet", default="", metavar="HOURS", help=_("hours without messages, such as 22:00-07:30"))
    add.add_argument("--allow-private", action="store_true", help=_("let it reach an address on a private network"))
    add.add_argument("--report", action="store_true", help=_("send it a daily report, and tell it of sources that are not well"))
    add.set_defaults(run=_add)
    listing = actions.add_parser("list", help=_("list the channels, without their secrets"))
    listing.set_defaults(run=_list)
    remove = actions.add_parser("remove", help=_("remove a channel"))
    remove.add_argument("name", metavar="NAME")
    remove.set_defaults(run=_remove)
    test = actions.add_parser("test", help=_("send one real message and show the receiver's answer"))
    test.add_argument("name", metavar="NAME")
    test.set_defaults(run=_test)
    unsent = actions.add_parser("letters", help=_("list the messages that were not sent"))
    unsent.add_argument("--dead", action="store_true", help=_("only the dead ones"))
    unsent.set_defaults(run=_letters)
    again = actions.add_parser("replay", help=_("let dead and failed messages be sent again"))
    again.add_argument("name", nargs="?", metavar="NAME", help=_("only those of this channel"))
    again.set_defaults(run=_replay)
    for each in (listing, test, unsent):
        each.add_argument("--json", action="store_true", help=_("print JSON"))


def _add(args: argparse.Namespace, config: Config) -> int:
    more = {name: getattr(args, name) for name in ("secret", "smtp", "sender", "quiet", "allow_private", "report")}
    open_database(config).dispose()  # the folder is an archive
    add_channel(config, args.name, Channel(args.type, args.target, **more))
    return 0


def _list(args: argparse.Namespace, config: Config) -> int:
    found = channels(config)
    if args.json:
        for name, each in found.items():
            print(json_line({"name": name, "type": each.type, "quiet": each.quiet, "report": each.report}))
    elif found:
        print(
            "\n".join(
                padded([(_("name"), _("type"), _("quiet")), *((safe(name), each.type, each.quiet or "-") for name, each in found.items())])
            )
        )
    else:
        print(_("no channel: notices channel add NAME TYPE TARGET adds one"))
    return 0


def _remove(args: argparse.Namespace, config: Config) -> int:
    remove_channel(config, args.name)
    return 0


def _test(args: argparse.Namespace, config: Config) -> int:
    return test_channels(config, (args.name,), args.json)


def test_channels(config: Config, names: Sequence[str], as_json: bool) -> int:
    """Send one real message to each channel; exit 3 when one was not taken."""
    code = 0
    for name in names:
        answer = send(channel_named(channels(config), name), trial(datetime.now(UTC)))
        code = code if answer.ok else 3
        words = {"channel": name, "taken": answer.ok, "answer": answer.text}
        said = _("{name}: taken: {answer}") if answer.ok else _("{name}: not taken: {answer}")
        print(json_line(words) if as_json else safe(said.format(name=name, answer=answer.text)))
    return code


def _letters(args: argparse.Namespace, config: Config) -> int:
    """Exit 3 when there are dead ones."""
    database = open_for_reading(config)
    with database_errors(config.database):
        found = letters(database, dead=args.dead)
    if args.json:
        for each in found:
            print(json_line(json_object(each)))
    elif found:
        rows = [(str(each.id), each.state, str(each.tries), safe(each.channel), safe(each.watch), safe(each.answer)) for each in found]
        print("\n".join(padded([(_("id"), _("state"), _("tries"), _("channel"), _("watch"), _("answer")), *rows])))
    return 3 if any(each.state == "dead" for each in found) else 0


def _replay(args: argparse.Namespace, config: Config) -> int:
    database = open_database(config)
    with database_errors(config.database):
        print(_("{count} messages will be sent again").format(count=replay(database, datetime.now(UTC), args.name)))
    return 0
