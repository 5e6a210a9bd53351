"""`notices backup` and `notices restore`."""

from __future__ import annotations

import argparse
from pathlib import Path

from cli.progress import Progress, is_shown
from notices.config import Config
from notices.errors import BadInput
from notices.text.display import safe
from operations.indexing import rebuild_index
from operations.verify_index import check_index
from pipeline.recovery import recover
from pipeline.sql.database import open_database
from pipeline.warc.series import series_bytes
from preservation.backup import make_backup, pack, restore_backup
from preservation.verify import verify_archive


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """`notices backup`, `notices restore`."""
    backup = verbs.add_parser("backup", help="a consistent copy of the archive, while it is in use")
    backup.add_argument("target", type=Path, metavar="FOLDER_OR_FILE.tar", help="a new folder, or a new .tar file")
    backup.add_argument("--no-progress", action="store_true", help="no progress line")
    backup.set_defaults(run=run_backup)
    restore = verbs.add_parser("restore", help="restore a backup into an empty home, rebuild the index, verify")
    restore.add_argument("source", type=Path, metavar="FOLDER_OR_FILE.tar")
    restore.add_argument("--no-verify", action="store_true", help="do not verify what was restored")
    restore.set_defaults(run=run_restore)


def run_backup(args: argparse.Namespace, config: Config) -> int:
    """Make the backup, print where it is."""
    target = args.target.absolute()
    if config.home == target or config.home in target.parents:
        raise BadInput(f"{target} lies in the archive itself; a backup belongs on another device")
    progress = Progress("backup", series_bytes(config.warc_dir), shown=is_shown(no_progress=args.no_progress))
    if target.suffix == ".tar":
        if target.exists():
            raise BadInput(f"{target} exists already; name a new file")
        folder = target.with_name(f"{target.name}.folder")
        make_backup(config, folder, progress)
        size = pack(folder, target)
    else:
        size = make_backup(config, target, progress)
    progress.close()
    print(f"{target}: {size / 1e6:.1f} MB; it holds the signing key: keep it as safe as the archive")
    return 0


def run_restore(args: argparse.Namespace, config: Config) -> int:
    """Restore, rebuild the index, verify; exit 4 when what was restored is damaged."""
    made_at = restore_backup(args.source, config.home)
    restored = config._replace(database=f"sqlite:///{config.home}/notices.db")
    database = open_database(restored)
    recover(database, restored)
    count = rebuild_index(restored, database)
    print(f"{config.home}: restored from {made_at:%Y-%m-%d %H:%M:%SZ}, {count} notices indexed")
    if args.no_verify:
        return 0
    found = [*verify_archive(database, restored), *check_index(restored, database)]
    for each in found:
        print(f"{each.area:5} {each.kind:12} {safe(each.place)}: {safe(each.detail)}")
    print(f"verified: {len(found)} damages")
    return 4 if found else 0
