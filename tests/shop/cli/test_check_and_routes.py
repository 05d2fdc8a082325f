"""The commands `orderly check` and `orderly routes`."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from copy import deepcopy
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orderly.pipeline.handler_resolver import HandlerResolver
from tests.commands import CommandResult
from tests.shop.application import CONTRACT
from tests.shop.cli.conftest import ROOT

OURS = CONTRACT
GOOD = ROOT / "tests" / "shop" / "contract" / "good.yaml"


@pytest.fixture
def write(shop: Path) -> Callable[[Callable[..., Any]], str]:
    """A function that writes a changed contract and returns its path."""

    def write(change: Callable[..., Any]) -> str:
        document = deepcopy(OURS.document)
        change(document)
        (shop / "changed.yaml").write_text(json.dumps(document))
        return "changed.yaml"

    return write


class TestCheck:
    def test_contract_of_the_shop_has_no_finding(self, orderly: Callable[..., CommandResult]) -> None:
        result = orderly("check")
        assert (result.code, result.err) == (0, "")
        total = len(OURS.operations)
        assert result.out == f"The contract is valid: {total} operations, 0 without a handler.\n"

    def test_an_operation_without_a_handler_is_named(
        self, orderly: Callable[..., CommandResult], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(HandlerResolver, "handler", lambda self, operation: None)
        result = orderly("check")
        assert result.code == 0
        assert "list_users (GET /users) has no handler and returns 501.\n" in result.out

    @pytest.mark.parametrize(
        ("change", "line"),
        [
            (lambda d: d.update(openapi="3.0.3"), "the contract is not OpenAPI 3.1"),
            (lambda d: d["x-errors"].pop("not_found"), "Add title, detail, cause, resolution of not_found"),
            (lambda d: d["x-roles"]["admin"]["scopes"].remove("users:write"), "requires it and no role grants it."),
            (lambda d: d["info"].pop("title"), '"title" is a required property [openapi]\n'),
            (lambda d: d["paths"]["/users"]["get"].update(operationId="get_me"), "operationId 'get_me' is used twice"),
            (lambda d: d["paths"]["/me"]["get"].pop("tags"), "GET /me needs an operationId and a tag"),
        ],
    )
    def test_defect_is_named(
        self, orderly: Callable[..., CommandResult], write: Callable[..., Any], change: Callable[..., Any], line: str
    ) -> None:
        result = orderly("check", write(change))
        assert result.code == 1
        assert line in result.err

    @pytest.mark.parametrize(
        ("source", "line"),
        [
            (
                "openapi: 3.1.0\npaths: {a: 1, a: 2}\n",
                "broken.yaml:2:15: the key 'a' appears twice in one object [yaml]",
            ),
            ("openapi: 3.1.0\npaths: {no: 1}\n", "broken.yaml:2:9: the key no is not a string; put it in quotes"),
            (
                "openapi: 3.1.0\ninfo: {a: yes}\n",
                "broken.yaml:2:11: yes has one meaning in YAML 1.1 and another in 1.2;",
            ),
            ("openapi: [", "broken.yaml:2:1: did not find expected node content [yaml]"),
            ("a letter", "the contract is not OpenAPI 3.1"),
        ],
    )
    def test_non_contract_is_rejected_in_one_line(
        self, orderly: Callable[..., CommandResult], shop: Path, source: str, line: str
    ) -> None:
        (shop / "broken.yaml").write_text(source)
        result = orderly("check", "broken.yaml")
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        assert line in result.err

    def test_missing_file_is_named(self, orderly: Callable[..., CommandResult]) -> None:
        result = orderly("check", "nowhere.yaml")
        assert result.code == 1
        assert "cannot read the contract nowhere.yaml: No such file or directory" in result.err

    def test_github_format_has_file_line_and_column(self, orderly: Callable[..., CommandResult], shop: Path) -> None:
        (shop / "broken.yaml").write_text("openapi: 3.1.0\na: 1\na: 100%\n")
        result = orderly("check", "broken.yaml", "--format", "github")
        reported = "::error file=broken.yaml,line=3,col=1,title=yaml::the key 'a' appears twice in one object\n"
        assert (result.code, result.out, result.err) == (1, reported, "")

    def test_json_format_has_every_finding(
        self, orderly: Callable[..., CommandResult], write: Callable[..., Any]
    ) -> None:
        result = orderly("check", write(lambda d: d["x-errors"].pop("not_found")), "--format", "json")
        assert (result.code, result.err) == (1, "")
        assert {(each["file"], each["rule"]) for each in json.loads(result.out)} == {
            ("changed.yaml", "error-code-is-explained")
        }
        assert orderly("check", "--format", "json").out == "[]\n"

    def test_watch_option_checks_every_save(self, shop: Path) -> None:
        (shop / "notes.yaml").write_bytes(GOOD.read_bytes())
        command = [sys.executable, "-u", "-m", "orderly", "check", "notes.yaml", "--watch", "--format", "json"]
        # Tests in the background, and the processes that they start, would ignore SIGINT.
        heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heed) as watching:
            assert watching.stdout is not None
            assert watching.stdout.readline() == "[]\n"
            (shop / "notes.yaml").write_text("openapi: 3.0.3\n")
            reported = "".join(iter(watching.stdout.readline, "]\n")) + "]"
            watching.send_signal(signal.SIGINT)
        assert "the contract is not OpenAPI 3.1" in json.loads(reported)[0]["message"]
        assert watching.returncode == 0

    def test_style_without_node_is_an_error(
        self, orderly: Callable[..., CommandResult], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        result = orderly("check", "--style")
        assert (result.code, result.out) == (1, "")
        assert result.err.startswith("--style needs Node 20 or newer with npx")

    @pytest.mark.needs("redocly")
    def test_style_option_reports_findings_of_redocly(
        self, orderly: Callable[..., CommandResult], shop: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("npm_config_offline", "true")
        (shop / "notes.yaml").write_bytes(GOOD.read_bytes())
        result = orderly("check", "notes.yaml", "--style")
        assert (result.code, result.out) == (1, "")
        assert "notes.yaml:3:1: Info object should contain `license` field. [info-license]\n" in result.err


class TestRoutes:
    def test_every_operation_is_listed(self, orderly: Callable[..., CommandResult]) -> None:
        result = orderly("routes")
        assert (result.code, result.err) == (0, "")
        lines = {columns[2]: line for line in result.out.splitlines() if len(columns := line.split()) > 3}
        for operation in OURS.operations:
            assert lines[operation.operation_id].split()[:2] == [operation.method, f"/v1{operation.path}"]

    @pytest.mark.parametrize(
        ("operation", "reported"),
        [
            ("create_user", ["public", "60/60 s per address", "handlers.users.create_user"]),
            ("list_users", ["staff, admin", "users:read", "600/60 s per caller", "handlers.users.list_users"]),
            ("get_me", ["signed in", "me:read", "handlers.me.get_me"]),
            ("revoke_current_token", ["(bearer only)", "handlers.tokens.revoke_current_token"]),
        ],
    )
    def test_access_and_rate_limits_are_listed(
        self, orderly: Callable[..., CommandResult], operation: str, reported: list[str]
    ) -> None:
        [line] = [line for line in orderly("routes").out.splitlines() if f" {operation} " in line]
        assert all(each in line for each in reported), line

    def test_operation_without_a_handler_is_marked(
        self, orderly: Callable[..., CommandResult], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(HandlerResolver, "handler", lambda self, operation: None)
        assert orderly("routes").out.count(" none ") == len(OURS.operations)
