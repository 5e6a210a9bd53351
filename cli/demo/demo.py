"""`notices demo`: the main job on a bundled site: serve it, crawl, archive, index, search."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

from notices.config import Config, load_config
from notices.errors import ArchiveUnwritable
from notices.text.language import _, system_words

MARK = ".demo-archive"
SITE = "site"
QUERIES = ("两感", "“两感”指数", "12340", "有限空间作业")


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices demo`."""
    verb = verbs.add_parser("demo", help=_("crawl a bundled site on this machine and search it"))
    verb.set_defaults(run=run)


def run(args: argparse.Namespace, config: Config) -> int:
    """Build the demo archive and search it; return the exit code of the crawl, or 1 when a search found nothing."""
    home = demo_home(config)
    prepare(home)
    print(_("The demo builds an archive in {home}.").format(home=home))
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NOTICES_") or k == "NOTICES_LANG"} | {"NOTICES_HOME": str(home)}
    code = crawl(home, environment)
    found = [search(query, environment) for query in QUERIES] if code == 0 else []
    if code == 0:
        print(_next_steps(home))
    return code or max(found, default=0)


def demo_home(config: Config) -> Path:
    """The demo's folder: NOTICES_HOME if that is set, otherwise one next to the default archive."""
    return config.home if os.environ.get("NOTICES_HOME") else config.home.with_name("notices-demo")


def prepare(home: Path) -> None:
    """An empty folder, marked as the demo's. Raises ArchiveUnwritable for a folder that contains anything else."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        present = {p.name for p in home.iterdir()}
        if present and MARK not in present:
            raise ArchiveUnwritable(
                _("{home} contains something else ({name}); the demo needs an empty folder or its own").format(home=home, name=min(present))
            )
        for name in sorted(present & _made_here(home)):
            path = home / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        (home / MARK).touch()
    except OSError as error:
        raise ArchiveUnwritable(_("cannot use {home}: {why}").format(home=home, why=system_words(error))) from error


def _made_here(home: Path) -> set[str]:
    """The names that a demo and what is done with it create in its home; the aliases that somebody writes there stay."""
    config = load_config({"NOTICES_HOME": str(home)})
    state = config.state_paths()
    index = Path(urlsplit(config.index).path)  # an index that was changed over to; its settings name it
    paths = {*state, *([home / index.relative_to(home).parts[0]] if index != home and index.is_relative_to(home) else [])} - {
        state.own_aliases
    }
    return {path.name for path in paths} | {f"{state.database.name}-wal", f"{state.database.name}-shm", SITE}


def crawl(home: Path, environment: dict[str, str]) -> int:
    """Serve the bundled site on loopback and crawl it; return the exit code."""
    # start-up time: these load the crawler, and preparing the folder may fail before
    from cli.demo.serve import serve
    from cli.demo.site import build_site, demo_source
    from cli.verbs.collect.crawl import print_outcome, print_problems, print_settled
    from crawler.source import load_source
    from operations.crawl_many import Chosen, CrawlOrder, crawl_and_settle

    config = load_config(environment)
    build_site(home / SITE)
    with serve(home / SITE) as base:
        print(_("A small government site (invented places and people) is served at {base}; the demo crawls it:").format(base=base))
        path = config.sources_dir / "demo.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(demo_source(base), encoding="utf-8")
        source = load_source(path)
        os.environ.update(environment)
        done = crawl_and_settle([Chosen(source, source.name)], CrawlOrder("", report=True), 1, config, print_outcome)
        print_problems(done.ends)
        print_settled(done.settled)
        return max(end.exit_code for end in done.ends)


def search(query: str, environment: dict[str, str]) -> int:
    """Run the `search` command as a user would; return its exit code."""
    print(f'\n$ search "{query}"', flush=True)
    return subprocess.run(
        [sys.executable, "-P", "-m", "cli.search.command", query, "--limit", "3"], env=environment, check=False
    ).returncode


def _next_steps(home: Path) -> str:
    bin_folder = Path(sys.executable).parent
    export = f"export NOTICES_HOME={shlex.quote(str(home))} PATH={shlex.quote(str(bin_folder))}:$PATH"
    return _(
        """
The archive of this demo is in {home}. To use it:
  {export}
  search "两感"
  notices status
  notices show 1
To archive a real site, in an archive of its own:
  unset NOTICES_HOME
  notices source new https://www.example.gov.cn/tzgg/ --name example      reads a list page and writes a source file
  notices source check example                                            shows what its lists and one notice look like
  notices source enable example                                           if that is right
  notices crawl example                                                   fetches new notices, archives and indexes them
  notices schedule                                                        crawls every enabled source on its schedule
To read the demo's archive in a browser:
  NOTICES_HOME={folder} {notices} serve"""
    ).format(home=home, export=export, folder=shlex.quote(str(home)), notices=shlex.quote(str(bin_folder / "notices")))
