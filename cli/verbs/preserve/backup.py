"""`notices backup` and `notices restore`."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from cli.progress import BYTES, Progress, Unit, is_shown
from cli.terminal import in_china
from cli.verbs.preserve.findings import finding_line
from notices.config import Config
from notices.text.display import safe
from notices.text.language import N_, _
from operations.preserve.backing_up import RestoredArchive, RestoreStep, RestoreWatch, back_up, restore_archive
from operations.preserve.restored_home import Withheld
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
    restore.add_argument("--no-progress", action="store_true", help=_("do not show progress"))
    restore.set_defaults(run=run_restore)


def run_backup(args: argparse.Namespace, config: Config) -> int:
    """Make the backup, print where it is."""
    target = args.target.absolute()
    progress = Progress(
        "backup", series_bytes(config.warc_dir, stored=config.backup_stored == "copy"), shown=is_shown(no_progress=args.no_progress)
    )
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
    with _Steps(shown=is_shown(no_progress=args.no_progress)) as steps:

        def tell(restored: RestoredArchive) -> None:
            steps.close()
            _print_restored(config, restored)

        restored = restore_archive(config, args.source, verify=not args.no_verify, watch=RestoreWatch(tell, steps.begin))
    return 4 if restored.found else 0


_STEPS = {"restore": N_("restore"), "rebuild": N_("rebuild"), "verify": N_("verify")}


class _Steps(ExitStack):
    """A bar for each step of a restoration, erased when the next one begins."""

    def __init__(self, *, shown: bool) -> None:
        super().__init__()
        self._shown = shown

    def begin(self, step: RestoreStep) -> Progress:
        """The bar of a step."""
        self.close()
        unit = Unit(_("notices")) if step.name == "rebuild" else BYTES
        return self.enter_context(Progress(_(_STEPS[step.name]), step.total, unit, shown=self._shown))


def _print_restored(config: Config, restored: RestoredArchive) -> None:
    print(
        _("{home}: restored from the backup of {moment}, {count} notices indexed").format(
            home=config.home, moment=in_china(restored.made_at), count=restored.notices
        )
    )
    for each in restored.withheld:
        print(safe(_withheld_line(each)))
    for found in restored.found or ():
        print(finding_line(found))
    if restored.found is not None:
        print(_("verified: {count} damages").format(count=len(restored.found)))
    sys.stdout.flush()


def _withheld_line(each: Withheld) -> str:
    match each.kind:
        case "setting":
            now = each.now or _("none")
            message = _("{name}: {now} in place of {before} (notices.toml named a place outside the restored archive)")
            return message.format(name=each.name, now=now, before=each.before)
        case "source":
            message = _("source {name} is disabled, it allows private addresses: if that is right, notices source enable {name}")
            return message.format(name=each.name)
        case "file":
            message = _("source {name} allows private addresses; its file is named {now} now: rename it to {before} if that is right")
            return message.format(name=each.name, now=each.now, before=each.before)
