"""`orderly types` and `orderly stub`: what handlers take and give is what the contract says."""

import ast
import shutil
import subprocess

import pytest

from handlers import contract_types
from orderly.devtools.codegen import handler_stub
from orderly.devtools.codegen.typed_dicts import types_of
from tests.applications import SHOP
from tests.requirements import program
from tests.shop.application import CONTRACT
from tests.shop.cli.conftest import ROOT


@pytest.fixture
def handlers(shop):
    """The handlers in a folder that a test may change."""
    (shop / "handlers").unlink()
    shutil.copytree(ROOT / "handlers", shop / "handlers", ignore=shutil.ignore_patterns("__pycache__"))
    return shop / "handlers"


class TestTypes:
    def test_the_committed_ones_are_those_of_the_contract(self, orderly):
        assert orderly("types", "--check").out == "handlers/contract_types.py is up to date.\n"

    def test_stale_ones_fail_a_check_and_are_made_anew(self, orderly, handlers):
        own_types = handlers / "contract_types.py"
        own_types.write_text("")
        result = orderly("types", "--check")
        assert (result.code, result.err) == (
            1,
            "handlers/contract_types.py is out of date: run `orderly types`.\n",
        )
        assert own_types.read_text() == ""
        assert orderly("types").out == "Generated handlers/contract_types.py.\n"
        assert own_types.read_text() == types_of(CONTRACT.source)

    @pytest.mark.needs("mypy")
    def test_mypy_finds_a_handler_that_has_drifted(self, shop, handlers):
        source = CONTRACT.source.replace(b"required: [status, version]", b"required: [status, version, since]")
        changed = source.replace(
            b"        version: {description: The v",
            b"        since: {type: string}\n        version: {description: The v",
        )
        (handlers / "contract_types.py").write_text(types_of(changed))
        command = [
            program("mypy"),
            "--follow-imports=skip",
            "handlers/health.py",
            "handlers/contract_types.py",
        ]
        result = subprocess.run(command, cwd=shop, capture_output=True, text=True, check=False).stdout
        assert 'Missing key "since" for TypedDict "Readiness"' in result, result


@pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
def test_a_handler_takes_and_gives_what_the_contract_names(operation):
    """Its annotations are those of its stub: with that, what mypy finds is what has drifted."""
    handler = SHOP.handler(operation)
    written = next(each for each in _functions(handler) if each.name == handler.__name__)
    drawn = ast.parse(handler_stub.stub_of(CONTRACT, operation, is_first=False)).body[0]
    assert ast.unparse(written.returns) == ast.unparse(drawn.returns)
    mine, theirs = _arguments(written), _arguments(drawn)
    assert {name: mine[name] for name in mine.keys() & theirs.keys()} == {
        name: theirs[name] for name in mine.keys() & theirs.keys()
    }
    assert all(mine[name] in ENGINE for name in mine.keys() - theirs.keys())


ENGINE = {"Session", "ReadSession", "Settings", "Readiness"}
"""What a handler may ask the engine for besides what its stub has."""


class TestStub:
    def test_it_is_typed_as_the_contract_is(self, orderly):
        result = orderly("stub", "list_orders")
        assert result.err == "# handlers/orders.py\n"
        assert result.out == (
            "\n\ndef list_orders(\n    *,\n    caller: Caller,\n    status: str | None = None,\n"
            "    user_id: str | None = None,\n    created_after: str | None = None,\n"
            "    created_before: str | None = None,\n) -> Page[contract_types.Order]:\n"
            '    """List orders."""\n    raise NotImplementedError\n'
        )

    def test_the_first_of_its_file_brings_the_imports(self, orderly, handlers):
        (handlers / "orders.py").unlink()
        out = orderly("stub", "create_order").out
        assert out.startswith('"""Orders, from creation to fulfilment, cancellation or refund.')
        assert [line for line in out.splitlines() if "import" in line] == [
            "from sqlalchemy.orm import Session",
            "from handlers import contract_types",
            "from orderly import Caller",
        ]

    def test_an_empty_file_is_begun_as_none_is(self, orderly, handlers):
        (handlers / "orders.py").write_text("")  # as `>> handlers/orders.py` leaves it
        assert orderly("stub", "create_order").out.startswith('"""Orders')

    def test_a_later_one_tells_which_imports_are_missing(self, orderly, handlers):
        (handlers / "orders.py").write_text("from handlers import contract_types\n")
        result = orderly("stub", "create_order")
        assert result.out.startswith("\n\ndef create_order(")
        assert result.err.splitlines()[1:] == [
            "# also needed: from sqlalchemy.orm import Session",
            "# also needed: from orderly import Caller",
        ]

    @pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
    def test_every_one_is_python_that_names_what_there_is(self, operation):
        drawn = handler_stub.stub_of(CONTRACT, operation, is_first=True)
        compile(drawn, operation.operation_id, "exec")
        assert all(len(line) <= 120 for line in drawn.splitlines())
        names = [n.attr for n in ast.walk(ast.parse(drawn)) if isinstance(n, ast.Attribute)]
        assert all(hasattr(contract_types, name) for name in names)

    def test_an_operation_that_is_not_there_is_refused(self, orderly):
        result = orderly("stub", "make_tea")
        assert result.err == "The contract has no operation make_tea: `orderly routes` lists all.\n"


def _functions(handler):
    source = (ROOT / f"{handler.__module__.replace('.', '/')}.py").read_text()
    return [each for each in ast.parse(source).body if isinstance(each, ast.FunctionDef)]


def _arguments(function):
    return {each.arg: ast.unparse(each.annotation) for each in [*function.args.args, *function.args.kwonlyargs]}
