"""The examples of the contract fit their schemas and responses."""

from collections.abc import Iterator
from typing import Any

import pytest

from orderly.contract.node import Node
from orderly.contract.operation import Operation
from orderly.validation.errors import validation_errors
from orderly.validation.schemas import SchemaCompiler
from tests.shop.application import CONTRACT

VALIDATORS = SchemaCompiler(CONTRACT)


def of_schemas(node: Node) -> Iterator[tuple[Node, Any]]:
    """Yield the examples of the schemas below a place."""
    children = node.value if isinstance(node.value, dict) else {}
    if "type" in children or "anyOf" in children:
        yield from ((node, each) for each in children.get("examples", []))
    for key, child in children.items():
        if key not in ("example", "examples"):
            step = key.replace("~", "~0").replace("/", "~1")
            yield from of_schemas(Node(node.document, f"{node.pointer}/{step}", child))


def of_bodies(operation: Operation) -> Iterator[tuple[Node, Any]]:
    """Yield the examples of an operation's request and of its responses."""
    for holder in (operation.node.get("requestBody"), *(node for _, node in operation.node["responses"].items())):
        content = holder and holder.get("content")
        for media in [media for _, media in content.items()] if content else []:
            named = media.get("examples")
            yield from ((media["schema"], each["value"].value) for _, each in (named.items() if named else ()))
            if media.get("example"):
                yield media["schema"], media["example"].value


def untrue(examples: Iterator[tuple[Node, Any]]) -> dict[str, Any]:
    return {
        n.pointer: found
        for n, each in examples
        if (found := validation_errors(VALIDATORS.compile(n), each, {"in": "body"}))
    }


def test_schema_examples_are_valid() -> None:
    assert untrue(of_schemas(CONTRACT.root)) == {}


@pytest.mark.parametrize("operation", CONTRACT.operations, ids=lambda operation: operation.operation_id)
class TestOperation:
    def test_bodies_have_valid_examples(self, operation: Operation) -> None:
        assert len(list(of_bodies(operation))) >= sum(bool(response.media) for response in operation.responses.values())
        assert untrue(of_bodies(operation)) == {}

    def test_problem_examples_match_their_responses(self, operation: Operation) -> None:
        for status, response in operation.responses.items():
            if response.error_codes is not None:
                problem = operation.node["responses"][status]["content"]["application/problem+json"]["example"].value
                assert (problem["status"], problem["type"]) == (int(status), f"/errors#{problem['code']}")
                assert problem["code"] in response.error_codes
                assert problem["title"] == CONTRACT.errors[problem["code"]]["title"]
