"""Back up an archive that is in use; restore a backup into an empty home, rebuild its index and verify it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notices.config import Config, load_config
from notices.errors import BadInput
from operations.indexing import keep_at_home, rebuild_index
from operations.preserve.verify_index import verify_all
from pipeline.recovery import recover
from pipeline.sql.database import open_database
from preservation.backup import make_backup, restoring
from preservation.findings import Finding


@dataclass(frozen=True)
class RestoredArchive:
    """A restored home: when its backup was made, how many notices were indexed, what verification found (None: not verified), and which
    addresses of its notices.toml were changed because they lead to the archive that was backed up.
    """

    made_at: datetime
    notices: int
    found: tuple[Finding, ...] | None
    changed: tuple[str, ...] = ()


def back_up(config: Config, target: Path, progress: Callable[[int], None] = lambda _: None) -> int:
    """Make a backup as a new folder, or as a new file if the target ends in .tar; return its bytes. Raises BadInput for another target."""
    if config.home == target or config.home in target.parents:
        raise BadInput(f"{target} is inside the archive; a backup belongs on another device")
    return make_backup(config, target, progress)


def restore_archive(config: Config, source: Path, *, verify: bool = True) -> RestoredArchive:
    """Restore a backup into the empty home of the configuration. Raises BadInput or DamageFound; a failed one leaves no home."""
    with restoring(source, config.home) as made_at:
        changed = keep_at_home(config)
        index = load_config({"NOTICES_HOME": str(config.home)}).index
        restored = config._replace(database=f"sqlite:///{config.home}/notices.db", index=index)
        database = open_database(restored)
        recover(database, restored)
        count = rebuild_index(restored, database)
    return RestoredArchive(made_at, count, tuple(verify_all(restored, database)) if verify else None, tuple(changed))
