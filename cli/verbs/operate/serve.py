"""`notices serve`: the reading room."""

from __future__ import annotations

import argparse

from notices.config import Config
from notices.errors import BadInput
from notices.text.language import _, in_english

_MOST_PORT, _MOST_WORKERS = 65535, 64


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices serve`."""
    verb = verbs.add_parser("serve", help=_("serve the reading room: search and notices as web pages, and an API"))
    verb.add_argument(
        "--host", default="127.0.0.1", metavar="HOST", help=_("the address to listen at (default: 127.0.0.1, this machine only)")
    )
    verb.add_argument("--port", type=int, default=8080, metavar="N", help=_("the port (default: 8080; 0 takes a free one)"))
    verb.add_argument("--workers", type=int, default=1, metavar="N", help=_("processes that answer (default: 1)"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Serve until stopped. Raises BadInput for a port or a number of processes that cannot be, or an address in use."""
    for name, value, most in (("--port", args.port, _MOST_PORT), ("--workers", args.workers, _MOST_WORKERS)):
        least = 1 if name == "--workers" else 0
        if not least <= value <= most:
            raise BadInput(
                _("{name}: {value} is not a number from {least} to {most}").format(name=name, value=value, least=least, most=most)
            )
    try:
        from web.serve import serve  # start-up time: only this verb loads a web server, which an installation may lack
    except ModuleNotFoundError as error:
        raise BadInput(_("serve needs the package {name}: pip install 'notices-archive[web]'").format(name=error.name)) from error

    opened = _("The reading room is open at {address} (Ctrl-C closes it)")
    with in_english():  # each reader has a language of their own: the pages translate what the jobs say
        serve(config, args.host, args.port, args.workers, lambda address: print(opened.format(address=address), flush=True))
    return 0
