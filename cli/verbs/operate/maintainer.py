"""`notices maintainer`: who may see the maintainers' pages of the reading room."""

from __future__ import annotations

import argparse
import getpass
import sys

from notices.config import Config
from notices.errors import BadInput
from notices.text.display import safe
from notices.text.language import _
from pipeline.sql.database import open_for_reading


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices maintainer` and its verbs."""
    verb = verbs.add_parser("maintainer", help=_("say who may see the maintainers' pages of the reading room"))
    actions = verb.add_subparsers(required=True, metavar="ACTION")
    for name, text in (
        ("add", _("add a maintainer, or change the password, which is asked for (or read from standard input)")),
        ("remove", _("remove a maintainer")),
    ):
        action = actions.add_parser(name, help=text)
        action.add_argument("name", metavar="NAME")
        action.set_defaults(run=run, action=name)
    actions.add_parser("list", help=_("list the maintainers")).set_defaults(run=run, action="list")


def run(args: argparse.Namespace, config: Config) -> int:
    """Add, remove or list."""
    try:
        from web.access import names_in, remove_maintainer, set_password  # start-up time: an installation may lack a web server
    except ModuleNotFoundError as error:
        raise BadInput(_("serve needs the package {name}: pip install 'notices-archive[web]'").format(name=error.name)) from error
    open_for_reading(config).dispose()  # the folder is an archive
    file = config.state_paths().maintainers
    if args.action == "list":
        print("\n".join(map(safe, names_in(file))) or _("no maintainer: notices maintainer add NAME adds one"))
    elif args.action == "remove":
        remove_maintainer(file, args.name)
    else:
        asked = getpass.getpass(_("Password: ")) if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
        set_password(file, args.name, asked)
    return 0
