"""The settings: sources, defaults and errors of one line."""

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from orderly.config.application import Application
from orderly.config.environment import RENAMED
from orderly.config.errors import CommandError
from orderly.config.secret_key import load_secret
from orderly.config.settings import PREFIX, Settings
from tests.serving import ROOT, variable_of

GUIDE = ROOT / "deploy" / "README.md"
SECRET = "f" * 32


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Settings]:
    """A function that loads the settings in an empty folder."""
    for name in [name for name in os.environ if name.startswith((PREFIX, "OTEL_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "db").mkdir()
    application = Application(tmp_path, tmp_path / "openapi.yaml")

    def load(**variables: Any) -> Settings:
        for name, value in variables.items():
            monkeypatch.setenv(variable_of(name), value)
        return Settings.load(application)

    return load


def refusal(load: Callable[..., Settings], **variables: Any) -> str:
    """Return the error of one line."""
    with pytest.raises(CommandError) as refused:
        load(**variables)
    assert "\n" not in str(refused.value)
    return str(refused.value)


class TestDefaults:
    def test_nothing_has_to_be_set(self, load: Callable[..., Settings]) -> None:
        settings = load()
        assert (settings.env, settings.host, settings.port, settings.workers) == ("development", "127.0.0.1", 8000, 1)
        assert settings.database_url == "sqlite:///data/orderly.db"
        assert settings.log_format == "console"
        assert settings.rate_limits

    def test_production_differs_by_one_variable_and_a_secret(self, load: Callable[..., Settings]) -> None:
        settings = load(env="production", secret_key=SECRET)
        assert settings.is_production
        assert settings.log_format == "json"
        assert not Path("data").exists()

    def test_the_database_lies_in_the_data_folder(self, load: Callable[..., Settings], tmp_path: Path) -> None:
        assert load(data_dir=str(tmp_path / "shop")).database_url == f"sqlite:///{tmp_path}/shop/orderly.db"

    def test_without_a_database_package_no_database_is_invented(
        self, load: Callable[..., Settings], tmp_path: Path
    ) -> None:
        (tmp_path / "db").rmdir()
        assert load().database_url == ""

    def test_a_relative_data_folder_is_that_of_the_application(
        self, load: Callable[..., Settings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "handlers").mkdir()
        monkeypatch.chdir(tmp_path / "handlers")
        settings = load(secret_key=SECRET)
        assert settings.data_dir == Path("../data")
        assert settings.database_url == "sqlite:///../data/orderly.db"

    def test_an_empty_variable_is_not_set(self, load: Callable[..., Settings]) -> None:
        assert load(port="", database_url="", cors_origins="").port == 8000

    def test_they_cannot_be_changed(self, load: Callable[..., Settings]) -> None:
        settings: Any = load()
        with pytest.raises(ValueError, match="frozen"):
            settings.port = 1

    def test_the_guide_for_operators_lists_each_with_its_default(self) -> None:
        table = GUIDE.read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
        rows = [line for line in table.splitlines() if line.startswith("| `")]
        assert rows == [row(name, field) for name, field in Settings.model_fields.items()]


def row(name: str, field: FieldInfo) -> str:
    """Return the row of a setting in the table."""
    default = field.default.get_secret_value() if isinstance(field.default, SecretStr) else field.default
    if isinstance(default, bool):
        default = "on" if default else "off"
    if isinstance(default, tuple):
        default = ",".join(map(str, default))
    shown = "" if default in ("", None) else f"`{default}`"
    return f"| `{variable_of(name)}` | {shown} | {field.description} |".replace("|  |", "| |")


class TestSources:
    def test_a_file_named_env_is_read(self, load: Callable[..., Settings]) -> None:
        Path(".env").write_text("ORDERLY_PORT=8123\nOTHER=1\n")
        assert load().port == 8123

    def test_the_environment_wins_over_the_file(self, load: Callable[..., Settings]) -> None:
        Path(".env").write_text("ORDERLY_PORT=8123\n")
        assert load(port="8456").port == 8456

    def test_a_file_that_is_not_text_is_refused(self, load: Callable[..., Settings]) -> None:
        Path(".env").write_bytes(b"ORDERLY_PORT=\xff\xfe\n")
        assert refusal(load) == "Cannot read the file .env. Make it a readable UTF-8 file, or remove it."

    def test_lists_are_separated_by_commas(self, load: Callable[..., Settings]) -> None:
        settings = load(cors_origins="https://a.example, http://b.example:8080", trusted_proxies="10.0.0.0/8,::1")
        assert settings.cors_origins == ("https://a.example", "http://b.example:8080")
        assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8", "::1/128"]

    def test_blanks_around_a_value_mean_nothing(self, load: Callable[..., Settings]) -> None:
        assert load(port=" 8123 ", env="production ", secret_key=f" {SECRET}\n").is_production

    @pytest.mark.parametrize("value", ["off", "false", "0", "no"])
    def test_limits_can_be_switched_off(self, load: Callable[..., Settings], value: str) -> None:
        assert not load(rate_limits=value).rate_limits


class TestRefusals:
    @pytest.mark.parametrize(
        ("variables", "complaints"),
        [
            ({"env": "staging"}, "ORDERLY_ENV is invalid: input should be 'development' or 'production'"),
            ({"port": "0"}, "ORDERLY_PORT is invalid: input should be greater than or equal to 1"),
            ({"port": "65536"}, "ORDERLY_PORT is invalid: input should be less than or equal to 65535"),
            ({"port": "http"}, "ORDERLY_PORT is invalid: input should be a valid integer"),
            ({"workers": "0"}, "ORDERLY_WORKERS is invalid"),
            ({"threads": "many"}, "ORDERLY_THREADS is invalid"),
            ({"rate_limits": "perhaps"}, "ORDERLY_RATE_LIMITS is invalid"),
            ({"log_format": "xml"}, "ORDERLY_LOG_FORMAT is invalid"),
            ({"trusted_proxies": "10.0.0.0/8,proxy"}, "ORDERLY_TRUSTED_PROXIES is invalid"),
            ({"cors_origins": "*"}, "ORDERLY_CORS_ORIGINS is invalid: give each origin as scheme://host[:port]"),
            ({"cors_origins": "https://a.example/"}, "ORDERLY_CORS_ORIGINS is invalid"),
            ({"cors_origins": "https://*.example"}, "ORDERLY_CORS_ORIGINS is invalid"),
            ({"cors_origins": "a.example"}, "ORDERLY_CORS_ORIGINS is invalid"),
            ({"cors_origins": "null"}, "ORDERLY_CORS_ORIGINS is invalid"),
            ({"database_url": "mysql://host/shop"}, "give a URL that begins with postgresql:// or sqlite:///"),
            ({"database_url": "sqlite://"}, "give the path of a file after sqlite:///"),
            ({"database_url": "sqlite:///:memory:"}, "give the path of a file after sqlite:///"),
            ({"database_url": "postgresql://host:port/shop"}, "ORDERLY_DATABASE_URL is invalid: it is malformed"),
            ({"database_url": "postgresql://[::1/shop"}, "ORDERLY_DATABASE_URL is invalid: it is malformed"),
            ({"database_url": "postgresql://host"}, "ORDERLY_DATABASE_URL is invalid: it is malformed"),
            ({"database_replica_url": "replica"}, "ORDERLY_DATABASE_REPLICA_URL is invalid"),
            ({"traces_url": "collector:4318"}, "give a URL that begins with http:// or https://"),
            ({"redis_url": "localhost:6379"}, "give a URL that begins with redis://, rediss:// or unix://"),
            ({"prot": "8000"}, "Unknown setting ORDERLY_PROT. Did you mean ORDERLY_PORT?"),
            ({"zzz": "1"}, "Unknown setting ORDERLY_ZZZ. Remove it."),
            ({"env": "production"}, "ORDERLY_SECRET_KEY is missing. Set it to 32 bytes or more"),
            ({"env": "production", "secret_key": "f" * 31}, "ORDERLY_SECRET_KEY is too short"),
            ({"secret_key": "f" * 31}, "ORDERLY_SECRET_KEY is too short"),
            ({"env": "production", "secret_key": SECRET, "debug": "1"}, "ORDERLY_DEBUG is not allowed in production"),
            ({"data_dir": "/dev/null/data"}, "Cannot create or read the secret in the data folder /dev/null/data"),
        ],
        ids=lambda value: ",".join(value) if isinstance(value, dict) else "",
    )
    def test_what_is_wrong_is_told_in_one_line(
        self, load: Callable[..., Settings], variables: dict[str, str], complaints: str
    ) -> None:
        assert complaints in refusal(load, **variables)

    def test_what_is_wrong_twice_is_told_once(self, load: Callable[..., Settings]) -> None:
        assert refusal(load, cors_origins="*,null").count("ORDERLY_CORS_ORIGINS") == 1

    def test_everything_wrong_is_told_at_once(self, load: Callable[..., Settings]) -> None:
        line = refusal(load, port="0", workers="x")
        assert "ORDERLY_PORT" in line
        assert "ORDERLY_WORKERS" in line

    @pytest.mark.parametrize(
        "name", ["secret_key", "admin_password", "database_url", "redis_url", "database_replica_url", "traces_url"]
    )
    def test_no_value_is_told_that_may_be_a_secret(self, load: Callable[..., Settings], name: str) -> None:
        assert "canary" not in refusal(load, **{name: "canary://canary"}, port="0")

    def test_no_secret_is_shown(self, load: Callable[..., Settings]) -> None:
        database_url = "postgresql://shop:canary@host/shop"
        passwords = {"admin_password": "canary", "redis_url": "redis://:canary@host", "database_url": database_url}
        passwords["traces_url"] = "http://:canary@host"
        assert "canary" not in f"{load(**passwords, secret_key='canary' * 6)!r}"

    def test_a_setting_in_the_file_that_does_not_exist_is_refused(self, load: Callable[..., Settings]) -> None:
        Path(".env").write_text("ORDERLY_SECRET=" + SECRET)
        assert refusal(load) == "Unknown setting ORDERLY_SECRET. Did you mean ORDERLY_SECRET_KEY?"

    @pytest.mark.parametrize(("old", "new"), RENAMED.items())
    def test_a_renamed_setting_is_reported_with_its_new_name(
        self, load: Callable[..., Settings], old: str, new: str
    ) -> None:
        Path(".env").write_text(f"{old}=1")
        assert refusal(load) == f"Unknown setting {old}: its name is {new} since 2.0. Rename it."

    def test_the_tests_own_variables_are_let_be(self, load: Callable[..., Settings]) -> None:
        assert load(test_anything="1")


class TestKeptSecret:
    def test_it_is_made_by_loading_only(self, load: Callable[..., Settings], tmp_path: Path) -> None:
        settings = Settings.read(tmp_path)
        assert settings.secret_key.get_secret_value() == ""
        assert not Path("data").exists()
        assert load().secret

    def test_without_one_nothing_can_be_signed(self, load: Callable[..., Settings], tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="ORDERLY_SECRET_KEY is missing"):
            _ = Settings.read(tmp_path).secret

    def test_it_is_made_once_and_kept_for_its_owner_only(self, load: Callable[..., Settings]) -> None:
        made = load().secret_key.get_secret_value()
        assert len(made) >= 32
        assert load().secret_key.get_secret_value() == made
        assert stat.S_IMODE(Path("data/secret.key").stat().st_mode) == 0o600
        assert os.listdir("data") == ["secret.key"]

    def test_it_is_not_shown(self, load: Callable[..., Settings]) -> None:
        settings = load()
        assert settings.secret_key.get_secret_value() not in f"{settings!r} {settings}"

    def test_two_processes_that_make_it_at_once_have_the_same(self, tmp_path: Path) -> None:
        found = []
        threads = [Thread(target=lambda: found.append(load_secret(tmp_path))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(found) == 8
        assert len(set(found)) == 1

    @pytest.mark.parametrize("content", [b"", b"short", "ü".encode() * 40])
    def test_one_that_is_spoilt_is_refused(self, load: Callable[..., Settings], content: bytes) -> None:
        load()
        Path("data/secret.key").write_bytes(content)
        assert re.search("too short. Delete the file|Cannot create or read", refusal(load))
