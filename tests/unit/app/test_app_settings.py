"""Settings: which source wins, where a value came from, what is masked, and what is refused."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from steelyard.settings import FILE_NAME, USUAL, BadSettings, Settings, load, unknown_variables

SECRET = "hf_made_up_secret"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder with settings in its file."""
    (tmp_path / FILE_NAME).write_text('[server]\nport = 1111\nlog_level = "debug"\n[storage]\nkeep_free = "2GB"\n')
    return tmp_path


def test_defaults_need_nothing() -> None:
    loaded = load({})
    assert loaded.settings.server.port == 8420
    assert loaded.settings.server.host == "127.0.0.1"
    assert loaded.settings.huggingface.endpoint == "https://huggingface.co"
    assert dict(loaded.sources) == {}
    assert {origin.source for origin in loaded.origins()} == {"default"}


def test_each_source_wins_over_the_next(home: Path) -> None:
    at_home = {"STEELYARD_HOME": str(home)}
    by_file = load(at_home)
    by_environment = load({**at_home, "STEELYARD_SERVER__PORT": "2222"})
    by_option = load({**at_home, "STEELYARD_SERVER__PORT": "2222"}, {"server.port": 3333})
    assert [one.settings.server.port for one in (by_file, by_environment, by_option)] == [1111, 2222, 3333]
    assert [one.sources["server.port"] for one in (by_file, by_environment, by_option)] == [
        FILE_NAME, "environment STEELYARD_SERVER__PORT", "command line"
    ]  # fmt: skip
    assert by_option.settings.server.log_level == "debug"
    assert by_option.settings.storage.keep_free == 2_000_000_000


def test_ours_wins_over_the_usual_name_and_that_over_the_file(home: Path) -> None:
    (home / FILE_NAME).write_text('[huggingface]\nendpoint = "http://file"\n')
    at_home = {"STEELYARD_HOME": str(home)}
    assert load(at_home).settings.huggingface.endpoint == "http://file"
    usual = {**at_home, "HF_ENDPOINT": "http://usual/"}
    assert load(usual).settings.huggingface.endpoint == "http://usual"
    assert load(usual).sources["huggingface.endpoint"] == "environment HF_ENDPOINT"
    both = {**usual, "STEELYARD_HUGGINGFACE__ENDPOINT": "http://ours"}
    assert load(both).settings.huggingface.endpoint == "http://ours"


def test_the_home_of_the_command_line_has_the_file(home: Path) -> None:
    assert load({"STEELYARD_HOME": "/absent"}, {"home": home}).settings.server.port == 1111
    assert load({}, {"home": home, "server.port": None}).settings.server.port == 1111


def test_every_usual_name_is_honoured(tmp_path: Path) -> None:
    environ = {
        "DATABASE_URL": f"sqlite:///{tmp_path}/depot.db", "HF_ENDPOINT": "http://hub", "HF_TOKEN": SECRET,
        "HF_HUB_DISABLE_SYMLINKS": "1",
    }  # fmt: skip
    loaded = load(environ)
    assert set(environ) <= set(USUAL)
    assert loaded.settings.database_path == tmp_path / "depot.db"
    assert loaded.settings.usage_path == tmp_path / "depot-usage.db"
    assert loaded.settings.huggingface.token == SecretStr(SECRET)
    assert loaded.settings.storage.symlinks is False


@pytest.mark.parametrize(
    ("value", "links"), [("1", False), ("true", False), ("YES", False), ("0", True), ("", True), ("off", True)]
)
def test_links_are_switched_off_as_the_library_does(value: str, links: bool) -> None:
    assert load({"HF_HUB_DISABLE_SYMLINKS": value}).settings.storage.symlinks is links


def test_secrets_are_masked_wherever_they_are_shown() -> None:
    loaded = load({"HF_TOKEN": SECRET, "DATABASE_URL": "sqlite:////srv/secret-place/depot.db"})
    shown = {origin.name: origin.value for origin in loaded.origins()}
    assert (shown["huggingface.token"], shown["database_url"]) == ("********", "********")
    assert SECRET not in repr(loaded) + str(loaded.origins()) + loaded.settings.model_dump_json()


def test_every_setting_is_described_and_shown() -> None:
    origins = load({}).origins()
    assert all(origin.description for origin in origins)
    assert len({origin.name for origin in origins}) == len(origins)
    assert {"home", "store", "server.host", "jobs.concurrency", "downloads.bytes_per_second"} <= {
        origin.name for origin in origins
    }


def test_lists_are_written_as_json() -> None:
    loaded = load({"STEELYARD_SERVER__TRUSTED_PROXIES": '["10.0.0.0/8", "127.0.0.1"]'})
    assert loaded.settings.server.trusted_proxies == ["10.0.0.0/8", "127.0.0.1"]


@pytest.mark.parametrize(
    ("environ", "where"),
    [
        ({"STEELYARD_SERVER__PORT": "seventy"}, "server.port"),
        ({"STEELYARD_SERVER__PORT": "70000"}, "server.port"),
        ({"STEELYARD_SERVER__TRUSTED_PROXIES": '["nonsense"]'}, "server.trusted_proxies"),
        ({"STEELYARD_SERVER__TRUSTED_PROXIES": "[broken"}, "server.trusted_proxies"),
        ({"STEELYARD_SERVER__PUBLIC_URL": "example.org"}, "server.public_url"),
        ({"STEELYARD_SERVER__PUBLIC_URL": "http://[::1"}, "server.public_url"),
        ({"STEELYARD_STORAGE__KEEP_FREE": "much"}, "storage.keep_free"),
        ({"STEELYARD_JOBS__CONCURRENCY": "0"}, "jobs.concurrency"),
        ({"STEELYARD_SERVER__AUTH": "maybe"}, "server.auth"),
    ],
)
def test_a_value_that_cannot_be_names_its_setting(environ: dict[str, str], where: str) -> None:
    with pytest.raises(BadSettings) as caught:
        load(environ)
    assert caught.value.detail.startswith(where)
    assert caught.value.hint


def test_a_bad_secret_is_not_repeated() -> None:
    with pytest.raises(BadSettings) as caught:
        load({"STEELYARD_HUGGINGFACE__TOKEN": f'["{SECRET}"]'})
    assert SECRET not in caught.value.detail


@pytest.mark.parametrize(
    "text",
    [
        "[server\n",
        "[server]\nport = \n",
        "[server]\nabsent = 1\n",
        "absent = 1\n",
        "[absent]\nx = 1\n",
        'server = "x"\n',
    ],
)
def test_a_file_that_cannot_be_read_or_knows_too_much(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(BadSettings) as caught:
        load({}, {"home": tmp_path})
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[foo]\nx = 1\n", "foo.x"),
        ("foo = 1\n", "foo"),
        ("[server]\nabsent = 1\n", "server.absent"),
        ("[care.absent]\nx = 1\n", "care.absent.x"),
        ("[server.port]\nx = 1\n", "server.port.x"),
    ],
)
def test_what_is_no_setting_is_told_with_its_file(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(BadSettings) as caught:
        load({}, {"home": tmp_path})
    assert caught.value.detail == f"{fault} ({FILE_NAME}): there is no such setting."


def test_a_bad_item_is_told_with_the_source_of_its_list() -> None:
    with pytest.raises(BadSettings) as caught:
        load({"STEELYARD_ROLES": "api,foo"})
    assert caught.value.detail.startswith("roles.1 (environment STEELYARD_ROLES): ")


def test_a_group_that_is_set_as_one(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text('server = "x"\n')
    with pytest.raises(BadSettings) as caught:
        load({"STEELYARD_SERVER__PORT": "1"}, {"home": tmp_path})
    assert "server" in caught.value.detail


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(BadSettings):
        load({}, {"home": tmp_path})


def test_tables_and_dotted_names_mean_the_same(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("server.port = 5\nstorage.keep_free = 7\n")
    settings = load({}, {"home": tmp_path}).settings
    assert (settings.server.port, settings.storage.keep_free) == (5, 7)


@pytest.mark.parametrize(
    "address", ["postgresql://localhost/depot", "sqlite://", "sqlite:///", "mysql://x", "depot.db"]
)
def test_another_database_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(BadSettings) as caught:
        _ = load({"DATABASE_URL": address}).settings.database_path
    assert "sqlite:////" in (caught.value.hint or "")
    assert "localhost" not in caught.value.detail


def test_paths(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    assert settings.store_path == tmp_path / "store"
    assert settings.database_path == tmp_path / "steelyard.db"
    assert settings.usage_path == tmp_path / "steelyard-usage.db"
    assert Settings(home=tmp_path, store=tmp_path / "else").store_path == tmp_path / "else"


@pytest.mark.parametrize(
    ("environ", "unknown"),
    [
        ({"STEELYARD_SERVER__PORT": "1", "STEELYARD_URL": "x", "STEELYARD_USER": "y", "PATH": "/bin"}, []),
        ({"STEELYARD_PORT": "1", "STEELYARD_SERVER_PORT": "2"}, ["STEELYARD_PORT", "STEELYARD_SERVER_PORT"]),
    ],
)
def test_misspelt_variables_are_found(environ: dict[str, str], unknown: list[str]) -> None:
    assert unknown_variables(environ) == unknown


def test_nothing_of_the_real_environment_is_read() -> None:
    first: dict[str, Any] = load({}).settings.model_dump()
    assert load({}).settings.model_dump() == first


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("postgresql://u:p@h/d", "postgresql"),
        ("postgres://h/d", "postgresql"),
        ("postgresql+psycopg://h/d", "postgresql"),
        ("sqlite:////srv/depot.db", "sqlite"),
        ("mysql://h/d", "sqlite"),
    ],
)
def test_the_kind_of_database(address: str, kind: str) -> None:
    assert load({"DATABASE_URL": address}).settings.database_kind == kind


def test_without_an_address_it_is_sqlite() -> None:
    assert load({}).settings.database_kind == "sqlite"


def test_the_password_of_a_database_is_shown_nowhere() -> None:
    loaded = load({"DATABASE_URL": f"postgresql://alice:{SECRET}@db/depot"})
    assert SECRET not in repr(loaded) + str(loaded.origins()) + loaded.settings.model_dump_json()


@pytest.mark.parametrize(
    ("written", "roles"),
    [
        ("api,worker", ["api", "worker"]),
        (" api ", ["api"]),
        ("worker", ["worker"]),
        ('["worker", "api"]', ["worker", "api"]),
    ],
)
def test_roles(written: str, roles: list[str]) -> None:
    assert load({"STEELYARD_ROLES": written}).settings.roles == roles
    assert load({}).settings.roles == ["api", "worker"]


@pytest.mark.parametrize("written", ["cook", "api,cook", ",", "[]", "engines", "api,engines"])
def test_an_unknown_role_is_refused(written: str) -> None:
    with pytest.raises(BadSettings, match="roles") as caught:
        load({"STEELYARD_ROLES": written})
    assert ("later version" in caught.value.detail) is ("engines" in written)
