"""Source files are read strictly; a message names file, key and value."""

from pathlib import Path

import pytest

from crawler.source import all_sources, find_source, load_source
from notices.errors import SourceFileError, UnknownName

GOOD = """
name = "linshan"
site = "临杉市人民政府"
publisher = "临杉市人民政府办公室"
region = "990100"
written = 2026-11-23
schedule = "30 8 * * mon-fri"
[[columns]]
name = "通知公告"
url = "http://www.linshan.example/tzgg/"
"""


def write(folder: Path, text: str, name: str = "linshan.toml") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_reads_a_source(tmp_path: Path) -> None:
    source = load_source(write(tmp_path, GOOD + '[list]\nplatform = "trs"\n'))
    assert (source.name, source.enabled, source.delay, source.lists.platform) == ("linshan", False, 2.0, "trs")
    assert source.all_hosts() == ("www.linshan.example",)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name =", "nmae ="), ["nmae"]),
        (('"linshan"', '"临杉"'), ["name", "临杉"]),
        (('"990100"', '"99"'), ["region", "'99'"]),
        (("2026-11-23", '"soon"'), ["written", "soon"]),
        (("30 8 * * mon-fri", "30 25 * * mon"), ["schedule", "30 25 * * mon"]),
        (("* * mon-fri", "31 2 *"), ["schedule", "31 2 *"]),
        (("* * mon-fri", "* mon-fri"), ["schedule", "five"]),
        (("http://www", "htp://www"), ["columns[0].url", "htp://"]),
        (('name = "通知公告"', "name = 3"), ["columns[0].name", "3"]),
        (("written = 2026-11-23", "written = 2026-11-23\ndelay = 0"), ["delay", "0"]),
        (("written = 2026-11-23", 'written = 2026-11-23\ntls = "off"'), ["tls", "off"]),
        (("[[columns]]", "[[column]]"), ["column"]),
        (("region", "region = "), ["line"]),
    ],
)
def test_refusal_names_file_key_and_value(tmp_path: Path, change: tuple[str, str], said: list[str]) -> None:
    path = write(tmp_path, GOOD.replace(*change, 1))
    with pytest.raises(SourceFileError) as caught:
        load_source(path)
    assert all(part in str(caught.value) for part in [str(path), *said])


def test_unknown_key_in_a_table_names_its_place(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError) as caught:
        load_source(write(tmp_path, GOOD + "colour = 1\n"))
    assert "columns[0]" in str(caught.value)
    assert "colour" in str(caught.value)


def test_own_file_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    shipped = all_sources(tmp_path / "none")
    assert shipped
    assert not any(source.enabled for source, _ in shipped.values())
    name = next(iter(shipped))
    path = write(tmp_path, GOOD.replace("linshan", name, 1))
    assert all_sources(tmp_path)[name][1] == path


def test_two_own_files_of_one_name_are_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    write(tmp_path, GOOD, "other.toml")
    with pytest.raises(SourceFileError, match=r"other.toml.*linshan"):
        all_sources(tmp_path)


def test_unknown_source_lists_the_known_ones(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(UnknownName, match="linshan"):
        find_source("lin", tmp_path)
