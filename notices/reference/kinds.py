"""One name for kinds of notices that are written in several ways."""

from __future__ import annotations

CANONICAL_KINDS = {"命令": "令", "一图读懂": "解读", "答记者问": "解读", "问答": "解读", "统计公报": "公报", "工作方案": "方案"}
