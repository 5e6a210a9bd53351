"""The parts of a 公文, read from its plain text (reference/domain.md §1, §2.6, §5, §6)."""

from pipeline.anatomy.kinds import kind_of
from pipeline.anatomy.read import read_anatomy

__all__ = ["kind_of", "read_anatomy"]
