"""Production, where no developer tool runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orderly.config.errors import CommandError
from orderly.devtools.sandbox.sandbox import create_sandbox, sandbox_settings
from tests.asgi import Client
from tests.commands import CommandResult
from tests.settings import make_settings
from tests.shop.application import APPLICATION


class TestProduction:
    def test_sandbox_is_rejected(self, tmp_path: Path) -> None:
        settings = make_settings(env="production")
        with pytest.raises(CommandError, match="cannot run in production"):
            sandbox_settings(settings, tmp_path)
        with pytest.raises(CommandError, match=r"accepts only sandbox\.db"):
            create_sandbox(
                settings.model_copy(update={"database_url": f"sqlite:///{tmp_path}/sandbox.db"}), APPLICATION
            )

    def test_command_is_rejected(self, orderly: Callable[..., CommandResult], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("ORDERLY_ENV", "production")
        monkeypatch.setenv("ORDERLY_SECRET_KEY", "x" * 32)
        for option in ("--sandbox", "--reload"):
            assert "production" in orderly("serve", option).err

    def test_other_database_is_not_emptied(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match=r"accepts only sandbox\.db"):
            create_sandbox(make_settings(database_url=f"sqlite:///{tmp_path}/orderly.db"), APPLICATION)

    @pytest.mark.parametrize("path", ["/sandbox/accounts", "/sandbox/reset", "/docs/reload", "/docs/assets/sandbox.js"])
    def test_routes_of_the_sandbox_do_not_exist(self, client: Client, path: str) -> None:
        assert client.get(path).code == "not_found"
        assert client.post(path).code == "not_found"
