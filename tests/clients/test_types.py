"""Types and names of the generated clients."""

import re
from pathlib import Path

import pytest

from orderly.devtools.codegen.clients.errors import class_name
from tests.clients.conftest import INSTALL, LANGUAGES, SUFFIX, Python, TypeScript, name_of
from tests.clients.test_guide import snippets
from tests.shop.application import CONTRACT, CONTRACT_FILE

WRONG = {
    "python": {
        'OrderLineCreate(product_id="prd_1")': "Missing positional argument",
        'OrderLineCreate(product_id="prd_1", quantity="2")': "incompatible type",
        'OrderCreate(lines=[], colour="red")': "Unexpected keyword argument",
        'ProductCreate(sku="MUG", name="Mug", price=12)': "incompatible type",
        'list_users.sync(client=connect(""))': 'expected "AuthenticatedClient"',
        'list_products.sync(client=connect(""), sort="colour")': 'expected "Literal[',
        'list(each(list_products.sync, client=connect(""), colour="red"))': "Unexpected keyword argument",
    },
    "typescript": {
        'api.POST("/orders", { body: { lines: [{ product_id: "prd_1" }] } });': "'quantity' is missing",
        'api.POST("/orders", { body: { lines: [{ product_id: "prd_1", quantity: "2" }] } });': "not assignable",
        'export const order: OrderCreate = { lines: [], colour: "red" };': "'colour' does not exist",
        'api.POST("/products", { body: { sku: "MUG", name: "Mug", price: 12 } });': "not assignable",
        'api.GET("/basket");': "Expected 2 arguments",
        'api.GET("/products", { params: { query: { sort: "colour" } } });': "not assignable",
    },
}
HEAD = {
    "python": "from orderly_client import connect, each\nfrom orderly_client.models import *\n"
    "from orderly_client.api.products import list_products\nfrom orderly_client.api.users import list_users\n",
    "typescript": 'import { connect, type OrderCreate } from "orderly-client";\nconst api = connect("");\n',
}


def test_generated_client_passes_the_strict_type_checker(language: Python | TypeScript) -> None:
    if isinstance(language, Python):
        assert language.check("-p", "orderly_client") == ""
    else:  # the command itself has built the client with the rules of its tsconfig.json
        assert '"strict": true' in (language.client / "tsconfig.json").read_text()
        assert (language.client / "dist" / "index.js").exists()


def test_wrong_body_fails_the_type_check(language: Python | TypeScript) -> None:
    wrong = WRONG[name_of(language)]
    result = language.type_errors("wrong", HEAD[name_of(language)] + "\n".join(wrong) + "\n")
    first = HEAD[name_of(language)].count("\n") + 1
    for line, expected in enumerate(wrong.values(), first):
        [error] = re.findall(rf"^wrong\.\w+[:(]{line}[,:].*error.*(?:\n +.*)*", result, re.MULTILINE)
        assert expected in error


def test_every_error_code_has_an_exception(language: Python | TypeScript) -> None:
    module = "orderly_client/refusals.py" if isinstance(language, Python) else "src/refusals.ts"
    source = (language.client / module).read_text()
    for code in CONTRACT.errors:
        assert re.search(rf"class {class_name(code)}\b", source)


def test_names_are_those_of_the_contract(language: Python | TypeScript) -> None:
    """Check that the generator invents no names, such as `list` or `Problem1`."""
    document = CONTRACT.document
    if isinstance(language, Python):
        package = language.client / "orderly_client"
        operations = {file.stem for file in package.glob("api/*/*.py")} - {"__init__"}
        assert operations == {operation.operation_id for operation in CONTRACT.operations}
        exported = re.findall(r'^    "(\w+)",$', (package / "models" / "__init__.py").read_text(), re.MULTILINE)
    else:
        exported = re.findall(r"^export type (\w+) = components\['schemas'\]", schema_of(language), re.MULTILINE)
    assert set(exported) <= document["components"]["schemas"].keys()
    assert "Problem" in exported
    assert "Problem1" not in exported


def schema_of(language: TypeScript) -> str:
    return (language.client / "src" / "schema.ts").read_text()


@pytest.mark.parametrize("name", LANGUAGES)
def test_renamed_property_breaks_the_type_check_of_the_readme(name: str, tmp_path: Path) -> None:
    renamed = tmp_path / "openapi.yaml"
    renamed.write_text(re.sub(r"\bquantity\b", "count", CONTRACT_FILE.read_text()))
    project = INSTALL[name](tmp_path, renamed)
    assert "quantity" in project.type_errors("snippets", snippets(SUFFIX[name]))
