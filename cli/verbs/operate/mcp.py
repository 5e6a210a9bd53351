"""`notices mcp`: the archive as tools of language-model agents."""

from __future__ import annotations

import argparse

from notices.config import Config
from notices.errors import BadInput
from notices.text.language import _


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices mcp`."""
    verb = verbs.add_parser("mcp", help=_("answer language-model agents over standard input and output (MCP)"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Answer until standard input ends. Raises BadInput without the package, OperatorError or UserError without an archive."""
    try:
        from web.agents import make_server  # start-up time: only this verb loads the protocol, which an installation may lack
    except ModuleNotFoundError as error:
        raise BadInput(_("mcp needs the package {name}: pip install 'notices-archive[agent]'").format(name=error.name)) from error
    from web.archive import Archive, check_readable  # start-up time: see above

    check_readable(config)
    archive = Archive(config)
    try:
        make_server(archive).run("stdio")
    finally:
        archive.close()
    return 0
