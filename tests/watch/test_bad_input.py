"""Bad input to saved searches and channels: an error with a reason and a documented code, never a secret, and nothing else is held up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from notices.hours import ZONE
from tests.support.passing_days import change_sql
from tests.support.quick_home import QuickHome
from tests.watch.test_delivery import NOW, Archive
from watch.notes import make_notes


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(QuickHome(tmp_path))


def test_unknown_watch_is_named_with_those_that_there_are(archive: Archive) -> None:
    archive.home.run("watch", "add", "河", "河道")
    for verb in ("show", "pause", "resume", "remove", "run", "test"):
        stderr = archive.home.run("watch", verb, "江", check=2).stderr
        assert "江" in stderr
        assert "河" in stderr


def test_times_that_can_no_longer_be_read_hold_up_no_other_watch(archive: Archive, tmp_path: Path) -> None:
    file = tmp_path / "told"
    archive.home.run("channel", "add", "c", "command", f"sh -c 'cat >> {file}'")
    for name in ("好", "坏"):
        archive.home.run("watch", "add", name, "河道", "--to", "c")
    change_sql(archive.home, "update watch set every = '99 * * * *' where name = '坏'")
    archive.new(1)
    done = archive.home.run("watch", "run", check=3)
    assert "坏" in done.stderr
    assert [json.loads(line)["watch"] for line in file.read_text(encoding="utf-8").splitlines()] == ["好"]
    change_sql(archive.home, "update watch set every = '' where name = '坏'")
    archive.run()
    assert [json.loads(line)["watch"] for line in file.read_text(encoding="utf-8").splitlines()] == ["好", "坏"]


@pytest.mark.parametrize("change", ["query = '地区:火星'", "every = '0 0 30 2 *'"])
def test_channels_are_told_once_of_a_search_that_can_no_longer_be_read(archive: Archive, change: str) -> None:
    archive.home.run("channel", "add", "c", "command", "true")
    archive.home.run("watch", "add", "河", "河道", "--to", "c")
    assert make_notes(archive.config, archive.database, NOW) == []
    change_sql(archive.home, f"update watch set {change}")
    (note,) = make_notes(archive.config, archive.database, NOW)
    assert note.subject.startswith("[河] the saved search cannot be read any more")
    assert make_notes(archive.config, archive.database, NOW.astimezone(ZONE)) == []


@pytest.mark.parametrize("target", ["nosuch://geheim", "dingtalk://geheimtoken12345@-/", "json://127.0.0.1:9/geheim", "geheim"])
@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # Apprise's own import
def test_apprise_writes_no_address_into_a_log(archive: Archive, target: str) -> None:
    archive.home.run("channel", "add", "c", "apprise", target)
    done = archive.home.run("--verbose", "channel", "test", "c", check=3)
    assert "geheim" not in done.stdout + done.stderr
    assert "not taken" in done.stdout


@pytest.mark.parametrize(
    "words", [("email", "a@b.example", "--smtp", "smtp://127.0.0.1:99999", "--from", "c@d.example"), ("webhook", "https://a.example:port/geheim")]
)  # fmt: skip
def test_port_that_cannot_be_is_refused_when_the_channel_is_added(archive: Archive, words: tuple[str, ...]) -> None:
    stderr = archive.home.run("channel", "add", "c", *words, check=2).stderr
    assert "65535" in stderr
    assert "geheim" not in stderr


@pytest.mark.parametrize(
    "text", ['[c]\ntype = "webhook"\ntarget = "geheim', '[c]\ntype = "webhook"\ntarget = "https://a"\nsecert = "geheim"\n', "\xff"]
)
def test_file_of_channels_that_cannot_be_read_is_named_by_all_that_need_it(archive: Archive, text: str) -> None:
    file = archive.config.home / "channels.toml"
    file.write_bytes(text.encode("latin-1"))
    file.chmod(0o600)
    for words, code in ((("channel", "list"), 2), (("watch", "run"), 2), (("watch", "report"), 2), (("status",), 3)):
        done = archive.home.run(*words, check=code)
        assert "channels.toml" in done.stderr
        assert "geheim" not in done.stdout + done.stderr


def test_mail_server_out_of_reach_keeps_the_message(archive: Archive) -> None:
    archive.home.run("channel", "add", "c", "email", "a@b.example", "--smtp", "smtp://127.0.0.1:9", "--from", "c@d.example")
    archive.home.run("watch", "add", "河", "河道", "--to", "c")
    archive.new(1)
    archive.run(check=3)
    assert archive.states() == [("failed", "ConnectionRefusedError: Connection refused")]
