"""`notices backup` and `notices restore`."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.progress import Progress, is_shown
from cli.terminal import in_china
from cli.verbs.preserve.findings import finding_line
from notices.config import Config
from notices.text.display import safe
from notices.text.language import _
from operations.preserve.backing_up import back_up, restore_archive
from pipeline.warc.series import series_bytes


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices backup`, `notices restore`."""
    backup = verbs.add_parser("backup", help=_("make a consistent copy of the archive while it is in use"))
    backup.add_argument("target", type=Path, metavar="FOLDER_OR_FILE.tar", help=_("a new folder, or a new .tar file"))
    backup.add_argument("--no-progress", action="store_true", help=_("do not show progress"))
    backup.set_defaults(run=run_backup)
    restore = verbs.add_parser("restore", help=_("restore a backup into an empty home, rebuild the index, verify"))
    restore.add_argument("source", type=Path, metavar="FOLDER_OR_FILE.tar", help=_("the backup"))
    restore.add_argument("--no-verify", action="store_true", help=_("do not verify the restored archive"))
    restore.set_defaults(run=run_restore)


def run_backup(args: argparse.Namespace, config: Config) -> int:
    """Make the backup, print where it is."""
    target = args.target.absolute()
    progress = Progress("backup", series_bytes(config.warc_dir), shown=is_shown(no_progress=args.no_progress))
    size = back_up(config, target, progress)
    progress.close()
    print(
        _("{target}: {size:.1f} MB; it contains the signing key: keep it as safe as the archive").format(
            target=target, size=size / 1000000.0
        )
    )
    return 0


def run_restore(args: argparse.Namespace, config: Config) -> int:
    """Restore, rebuild the index, verify; exit 4 when the restored archive is damaged."""
    restored = restore_archive(config, args.source, verify=not args.no_verify)
    print(
        _("{home}: restored from the backup of {moment}, {count} notices indexed").format(
            home=config.home, moment=in_china(restored.made_at), count=restored.notices
        )
    )
    for line in restored.changed:
        print(_("{line} (notices.toml named a place outside the restored archive)").format(line=safe(line)))
    if restored.found is None:
        return 0
    for each in restored.found:
        print(finding_line(each))
    print(_("verified: {count} damages").format(count=len(restored.found)))
    return 4 if restored.found else 0
