"""The configuration: where it comes from, what it refuses and how it says so."""

from pathlib import Path

import pytest

from notices.config import Config, load_config, settings
from notices.errors import ConfigError


def test_defaults_lie_in_the_home(tmp_path: Path) -> None:
    config = load_config({"NOTICES_HOME": str(tmp_path)})
    assert config.database == f"sqlite:///{tmp_path}/notices.db"
    assert config.index == f"whoosh://{tmp_path}/index"
    assert config.warc_dir == tmp_path / "warc"


def test_home_defaults_to_the_data_folder_of_the_user(tmp_path: Path) -> None:
    assert load_config({"HOME": str(tmp_path)}).home == tmp_path / ".local/share/notices"
    assert load_config({"HOME": "/nowhere", "XDG_DATA_HOME": str(tmp_path)}).home == tmp_path / "notices"


def test_environment_wins_over_file(tmp_path: Path) -> None:
    (tmp_path / "notices.toml").write_text('crawl_jobs = 3\ncontact = "a@b.example"\n')
    config = load_config({"NOTICES_HOME": str(tmp_path), "NOTICES_CRAWL_JOBS": "5"})
    assert (config.crawl_jobs, config.contact) == (5, "a@b.example")
    assert "a@b.example" in config.user_agent


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("crawl_job = 3", ["crawl_job", "unknown key", "crawl_jobs"]),
        ("crawl_jobs = 0", ["crawl_jobs", "0", "1 to 64"]),
        ('crawl_jobs = "many"', ["crawl_jobs", "'many'", "1 to 64"]),
        ("crawl_jobs = true", ["crawl_jobs", "True"]),
        ('database = "mysql://x"', ["database", "mysql", "sqlite:"]),
        ('contact = "nobody"', ["contact", "nobody", "e-mail"]),
        ('home = "/x"', ["home", "unknown key"]),
        ("broken = [", ["notices.toml"]),
        ("crawl_jobs = inf", ["crawl_jobs", "inf"]),
        ("revisit_days = [inf]", ["revisit_days", "inf"]),
        ('index = "whoosh://[x/y"', ["index", "[x/y"]),
        ('database = "sqlite:///\\u0000x"', ["database"]),
        ("crawl_jobs = " + "9" * 5000, ["notices.toml"]),
        ("x = " + "[" * 5000, ["notices.toml"]),
        ('log_format = "xml"', ["log_format", "'xml'", '"text" or "json"']),
        ("backup_stored = []", ["backup_stored", "[]", '"copy" or "leave"']),
    ],
)
def test_refusal_names_key_value_and_what_is_allowed(tmp_path: Path, text: str, said: list[str]) -> None:
    (tmp_path / "notices.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config({"NOTICES_HOME": str(tmp_path)})
    assert all(part in str(caught.value) for part in said)


def test_no_password_in_a_message(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config({"NOTICES_HOME": str(tmp_path), "NOTICES_DATABASE": "mysql://user:secret@host/db"})
    assert "secret" not in str(caught.value)


def test_every_setting_says_where_it_comes_from(tmp_path: Path) -> None:
    (tmp_path / "notices.toml").write_text('crawl_jobs = 3\ncontact = "a@b.example"\n')
    found = {s.key: s for s in settings({"NOTICES_HOME": str(tmp_path), "NOTICES_CRAWL_JOBS": "5", "HOME": "/nowhere"})}
    assert list(found) == list(Config._fields)
    assert found["home"] == ("home", tmp_path, "NOTICES_HOME", Path("/nowhere/.local/share/notices"))
    assert found["crawl_jobs"] == ("crawl_jobs", 5, "NOTICES_CRAWL_JOBS", 2)
    assert found["contact"] == ("contact", "a@b.example", str(tmp_path / "notices.toml"), "webmaster@localhost")
    assert found["index"] == ("index", f"whoosh://{tmp_path}/index", "default", f"whoosh://{tmp_path}/index")


def test_a_value_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    for text in ("inf", "nan", "[1]", "{}"):
        (tmp_path / "notices.toml").write_text(f"crawl_jobs = {text}\n")
        with pytest.raises(ConfigError, match="crawl_jobs"):
            load_config({"NOTICES_HOME": str(tmp_path)})


def test_an_archives_files_have_their_stored_names(tmp_path: Path) -> None:
    """An archive made by an earlier release has these."""
    paths = load_config({"NOTICES_HOME": str(tmp_path)}).state_paths()
    assert {path.name for path in paths} == {
        "notices.toml", "sources", "aliases.toml", "notices.db", "warc", "keys", "checkpoints", "index", "index-aside", "aliases.tsv", "aliases.seq", "locks",
        "catalogue.tsv", "list-checks.jsonl", "archive-id", "logs", "paused.json", "vectors.db", "takedowns.jsonl", "maintainers",
        "following",
    }  # fmt: skip
    assert all(path.parent == tmp_path for path in paths)
