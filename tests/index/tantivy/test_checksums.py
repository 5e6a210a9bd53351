"""The bytes of a Tantivy index that no checksum of its own covers."""

from __future__ import annotations

from pathlib import Path

from index.engine import Document
from index.engines import rebuild
from index.tantivy.checksums import damaged_files
from index.tantivy.folder import current_generation


def test_every_bit_of_a_footer_counts(tmp_path: Path) -> None:
    documents = [Document(id=n, revision=1, url="u", title="", text="两感指数") for n in range(1, 5)]
    rebuild(f"tantivy://{tmp_path}/index", documents)
    assert damaged_files(tmp_path / "index") == []
    file = next(current_generation(tmp_path / "index").glob("*.fieldnorm"))
    whole = file.read_bytes()
    begin = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    for at in range(begin, len(whole)):
        flipped = bytearray(whole)
        flipped[at] ^= 1
        file.write_bytes(flipped)
        assert damaged_files(tmp_path / "index") == [file.name], at
