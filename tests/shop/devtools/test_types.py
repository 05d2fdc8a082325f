"""`orderly types` and `orderly stub`: handlers have the types of the contract."""

import ast
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from handlers import contract_types
from orderly.contract.operation import Operation
from orderly.devtools.codegen import handler_stub
from orderly.devtools.codegen.typed_dicts import types_of
from orderly.pipeline.injection import Function
from tests.applications import SHOP
from tests.commands import CommandResult
from tests.requirements import program
from tests.shop.application import CONTRACT
from tests.shop.cli.conftest import ROOT


@pytest.fixture
def handlers(shop: Path) -> Path:
    """A copy of the handlers that tests can change."""
    (shop / "handlers").unlink()
    shutil.copytree(ROOT / "handlers", shop / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    return shop / "handlers"


class TestTypes:
    def test_committed_types_are_up_to_date(self, orderly: Callable[..., CommandResult]) -> None:
        assert orderly("types", "--check").out == "handlers/contract_types.py is up to date.\n"

    def test_stale_types_fail_the_check_and_are_generated(
        self, orderly: Callable[..., CommandResult], handlers: Path
    ) -> None:
        file = handlers / "contract_types.py"
        file.write_text("")
        result = orderly("types", "--check")
        assert (result.code, result.err) == (
            1,
            "handlers/contract_types.py is out of date: run `orderly types`.\n",
        )
        assert file.read_text() == ""
        assert orderly("types").out == "Generated handlers/contract_types.py.\n"
        assert file.read_text() == types_of(CONTRACT.source)

    @pytest.mark.needs("mypy")
    def test_mypy_reports_a_handler_that_differs(self, shop: Path, handlers: Path) -> None:
        source = CONTRACT.source.replace(b"required: [status, version]", b"required: [status, version, since]")
        changed = source.replace(
            b"        version: {description: The v",
            b"        since: {type: string}\n        version: {description: The v",
        )
        (handlers / "contract_types.py").write_text(types_of(changed))
        command: list[str | Path] = [
            program("mypy"),
            "--follow-imports=skip",
            "handlers/health.py",
            "handlers/contract_types.py",
        ]
        result = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False).stdout
        assert 'Missing key "since" for TypedDict "Readiness"' in result, result


@pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
def test_handler_has_the_annotations_of_its_stub(operation: Operation) -> None:
    """Check the annotations, so that mypy reports every difference from the contract."""
    handler = SHOP.handler(operation)
    assert handler is not None
    written = next(each for each in _functions(handler) if each.name == handler.__name__)
    stub = ast.parse(handler_stub.stub_of(CONTRACT, operation, is_first=False)).body[0]
    assert isinstance(stub, ast.FunctionDef)
    assert _unparse(written.returns) == _unparse(stub.returns)
    actual, expected = _arguments(written), _arguments(stub)
    common = actual.keys() & expected.keys()
    assert {name: actual[name] for name in common} == {name: expected[name] for name in common}
    assert all(actual[name] in ENGINE for name in actual.keys() - expected.keys())


ENGINE = {"Session", "ReadSession", "Settings", "Readiness"}
"""Types of additional arguments that the engine injects."""


class TestStub:
    def test_stub_has_the_types_of_the_contract(self, orderly: Callable[..., CommandResult]) -> None:
        result = orderly("stub", "list_orders")
        assert result.err == "# handlers/orders.py\n"
        assert result.out == (
            "\n\ndef list_orders(\n    *,\n    caller: Caller,\n    status: str | None = None,\n"
            "    user_id: str | None = None,\n    created_after: str | None = None,\n"
            "    created_before: str | None = None,\n) -> Page[contract_types.Order]:\n"
            '    """List orders."""\n    raise NotImplementedError\n'
        )

    def test_first_stub_of_a_file_has_the_imports(self, orderly: Callable[..., CommandResult], handlers: Path) -> None:
        (handlers / "orders.py").unlink()
        out = orderly("stub", "create_order").out
        assert out.startswith('"""Orders, from creation to fulfilment, cancellation or refund.')
        assert [line for line in out.splitlines() if "import" in line] == [
            "from sqlalchemy.orm import Session",
            "from handlers import contract_types",
            "from orderly import Caller",
        ]

    def test_stub_for_an_empty_file_has_the_docstring(
        self, orderly: Callable[..., CommandResult], handlers: Path
    ) -> None:
        (handlers / "orders.py").write_text("")  # as `>> handlers/orders.py` leaves it
        assert orderly("stub", "create_order").out.startswith('"""Orders')

    def test_later_stub_reports_missing_imports(self, orderly: Callable[..., CommandResult], handlers: Path) -> None:
        (handlers / "orders.py").write_text("from handlers import contract_types\n")
        result = orderly("stub", "create_order")
        assert result.out.startswith("\n\ndef create_order(")
        assert result.err.splitlines()[1:] == [
            "# also needed: from sqlalchemy.orm import Session",
            "# also needed: from orderly import Caller",
        ]

    @pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
    def test_every_stub_compiles_with_existing_types(self, operation: Operation) -> None:
        stub = handler_stub.stub_of(CONTRACT, operation, is_first=True)
        compile(stub, operation.operation_id, "exec")
        assert all(len(line) <= 120 for line in stub.splitlines())
        names = [n.attr for n in ast.walk(ast.parse(stub)) if isinstance(n, ast.Attribute)]
        assert all(hasattr(contract_types, name) for name in names)

    def test_unknown_operation_is_an_error(self, orderly: Callable[..., CommandResult]) -> None:
        result = orderly("stub", "make_tea")
        assert result.err == "The contract has no operation make_tea: `orderly routes` lists all.\n"


def _functions(handler: Function) -> list[ast.FunctionDef]:
    source = (ROOT / f"{handler.__module__.replace('.', '/')}.py").read_text()
    return [each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef)]


def _arguments(function: ast.FunctionDef) -> dict[str, str]:
    return {each.arg: _unparse(each.annotation) for each in [*function.args.args, *function.args.kwonlyargs]}


def _unparse(annotation: ast.expr | None) -> str:
    assert annotation is not None, "an annotation is missing"
    return ast.unparse(annotation)
