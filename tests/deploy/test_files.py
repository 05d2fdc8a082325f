"""The files for Compose and systemd: well-formed, with existing settings and programs."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from sqlalchemy import make_url

from orderly.cli import main
from orderly.config.settings import PREFIX, Settings
from tests.deploy.two_machines import DRAIN
from tests.requirements import POSTGRESQL, program
from tests.serving import ROOT, environment

OPERATIONS = ROOT / "deploy"
COMPOSE = yaml.safe_load((OPERATIONS / "compose.yaml").read_text())
UNITS = sorted(OPERATIONS.glob("orderly*.service")) + sorted(OPERATIONS.glob("orderly*.timer"))
WEAKEST = {"orderly.service": 15, "orderly-purge.service": 36}
"""The exposure, in tenths, that `systemd-analyze security` may find at most; 100 is a service without any hardening."""
OURS = ["migrate", "one", "two"]


def settings_of(service: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Return the settings of a service of the Compose file."""
    for name in environment().keys() & {"ORDERLY_SECRET_KEY"}:
        monkeypatch.delenv(name)
    for name, value in COMPOSE["services"][service]["environment"].items():
        monkeypatch.setenv(name, re.sub(r"\$\{.*?\}", "f" * 32, value))
    return Settings.read(Path())


class TestCompose:
    @pytest.mark.parametrize("service", OURS)
    def test_its_settings_exist(self, service: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.chdir(tmp_path)
        settings = settings_of(service, monkeypatch)
        proxy = COMPOSE["services"]["proxy"]["networks"]["shop"]["ipv4_address"]
        assert [str(network.network_address) for network in settings.trusted_proxies] == [proxy]
        assert settings.shutdown_delay == DRAIN

    @pytest.mark.needs("haproxy")
    def test_proxy_has_both_services(self) -> None:
        given = COMPOSE["services"]["proxy"]["environment"]
        there = [COMPOSE["services"][name]["networks"]["shop"]["ipv4_address"] for name in ("one", "two")]
        assert [given["ORDERLY_ONE"], given["ORDERLY_TWO"]] == [f"{address}:8000" for address in there]
        check: list[str | Path] = [program("haproxy"), "-c", "-f", OPERATIONS / "haproxy.cfg"]
        subprocess.run(check, env=environment() | given, check=True, stdout=subprocess.DEVNULL)

    def test_service_has_a_read_only_file_system(self) -> None:
        assert all(COMPOSE["services"][name]["read_only"] for name in OURS)

    @pytest.mark.needs("postgresql", "postgresql-client")
    def test_health_check_of_the_database_succeeds(self) -> None:
        [_, *words] = COMPOSE["services"]["database"]["healthcheck"]["test"]
        server = make_url(POSTGRESQL)
        here = [f"--host={server.host}", f"--port={server.port or 5432}"]
        check: list[str | Path] = [program(words[0], "postgresql-client"), *words[1:], *here]
        assert subprocess.run(check, check=False).returncode == 0


class TestSystemd:
    @pytest.mark.needs("systemd-analyze")
    @pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
    def test_it_is_well_formed(self, unit: Path, tmp_path: Path) -> None:
        for each in UNITS:
            (tmp_path / each.name).write_text(each.read_text().replace("/opt/orderly/bin/orderly", "/bin/true"))
        command: list[str | Path] = [program("systemd-analyze"), "verify", "--man=no", tmp_path / unit.name]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr) == (0, "")

    @pytest.mark.needs("systemd-analyze")
    @pytest.mark.parametrize("unit", WEAKEST)
    def test_unit_is_sandboxed(self, unit: str) -> None:
        limit = f"--threshold={WEAKEST[unit]}"
        command: list[str | Path] = [program("systemd-analyze"), "security", "--offline=true", limit]
        command.append(OPERATIONS / unit)
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout[-500:]

    def test_it_starts_commands_that_exist(self) -> None:
        known = {*main.COMMANDS, *main.GROUPS}
        started = re.findall(r"^Exec\w+=/opt/orderly/bin/orderly (\w+)", "".join(u.read_text() for u in UNITS), re.M)
        assert len(started) == 3
        assert set(started) <= known

    def test_its_settings_exist(self) -> None:
        given = set(re.findall(rf"\b{PREFIX}(\w+)=", "".join(unit.read_text() for unit in UNITS)))
        assert given <= {name.upper() for name in Settings.model_fields}
