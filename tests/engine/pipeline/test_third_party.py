"""Contracts of third parties, with the results of their examples."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from orderly.contract import model
from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.contract.operation import Operation
from orderly.devtools.lint.linter import check
from tests.engine.conftest import Serve
from tests.engine.pipeline.third_party.many import many

THIRD_PARTY = Path(__file__).parent / "third_party"
SPLIT = THIRD_PARTY / "split" / "openapi.yaml"
CONTRACTS: dict[str, tuple[Callable[[], Contract], int]] = {
    "recursive": (lambda: recursive(), 2),
    "webhooks": (lambda: model.load(THIRD_PARTY / "webhooks.yaml"), 2),
    "split": (lambda: model.load(SPLIT), 2),
    "many": (lambda: Contract(many(500)), 500),
}


def example_of(media: Node) -> Any:
    """Return the first example of a body."""
    if media.get("example") is not None:
        return media["example"].value
    return next(node["value"].value for _, node in media["examples"].items())


def body_of(operation: Operation) -> Any:
    content = operation.node.get("requestBody", "content")
    return example_of(content["application/json"]) if content else None


def answer_of(operation: Operation) -> Any:
    content = operation.node["responses"][operation.success.status].get("content")
    return example_of(content["application/json"]) if content else None


def answering(value: dict[str, Any]) -> Callable[[], Any]:
    """Return a handler that always returns one value."""
    return lambda: value


def recursive() -> Contract:
    return model.load(THIRD_PARTY / "recursive.yaml")


def target_of(loaded: Contract, operation: Operation) -> str:
    """Return the path of an operation, with the examples of its parameters."""
    return loaded.base_path + operation.path.format(
        **{p.name: p.schema.target.value["examples"][0] for p in operation.parameters if p.location == "path"}
    )


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_operation_returns_its_example(serve: Serve, name: str) -> None:
    load, count = CONTRACTS[name]
    loaded = load()
    assert len(loaded.operations) == count
    client = serve({o.operation_id: answering(answer_of(o)) for o in loaded.operations}, loaded)
    for operation in loaded.operations:
        target, body = target_of(loaded, operation), body_of(operation)
        answer = client(operation.method, target, body)
        assert answer.status == int(operation.success.status), (operation.operation_id, answer)
        assert (answer.json if answer.body else None) == answer_of(operation)
        refused = client(operation.method, f"{target}?unknown=1", {**body, "unknown": 1} if body else None)
        assert (refused.status, refused.code) == (400, "validation_error"), operation.operation_id
        assert refused.errors == {"unknown": "unknown", **({"/unknown": "additionalProperties"} if body else {})}


def test_the_result_of_a_handler_is_validated(serve: Serve) -> None:
    client = serve({"get_folder": answering({"name": "root", "children": [{"name": "hosts"}]})}, recursive())
    assert client.get("/api/folders/7").status == 500


def test_a_recursive_schema_is_validated_to_its_end(serve: Serve) -> None:
    client = serve({"create_comment": answering({})}, recursive())
    deep = {"text": "no", "author": {"name": "Bob", "pinned": {"text": 7}}}
    answer = client.post("/api/comments", {"text": "yes", "replies": [{"text": "yes", "replies": [deep]}]})
    assert answer.errors == {"/replies/0/replies/0/author/pinned/text": "type"}


def test_a_webhook_cannot_be_called(serve: Serve) -> None:
    client = serve({}, model.load(THIRD_PARTY / "webhooks.yaml"))
    assert client.post("/v2/arrived", {"number": "IE12", "state": "away"}).status == 404


class TestSplit:
    def test_the_files_are_served_as_one(self, serve: Serve) -> None:
        loaded = model.load(SPLIT)
        client = serve({}, loaded)
        served = client.get("/openapi.yaml").body
        assert Contract(served).document == client.get("/openapi.json").json == loaded.document
        assert b".yaml#" not in served

    def test_text_that_looks_like_a_number_stays_text(self, tmp_path: Path) -> None:
        shutil.copytree(SPLIT.parent, tmp_path / "split")
        part = tmp_path / "split" / "schemas" / "pet.yaml"
        part.write_text(part.read_text().replace("examples: [pet_1]", "examples: ['1e3', 'no', '0o7', '12:30']"))
        loaded = model.load(tmp_path / "split" / "openapi.yaml")
        assert Contract(loaded.source).document == loaded.document

    def test_a_finding_names_its_file_and_line(self) -> None:
        at = {(Path(each.file).name, each.line, each.rule) for each in check(SPLIT)}
        assert ("pet.yaml", 13, "property-is-described") in at
        assert ("openapi.yaml", 2, "security-is-declared") in at

    @pytest.mark.parametrize(
        ("good", "bad", "line"), [("tags: [pets]", "tags: pets", 4), ("    required: true", "    required: 1", 6)]
    )
    def test_an_invalid_part_is_found(self, tmp_path: Path, good: str, bad: str, line: int) -> None:
        shutil.copytree(SPLIT.parent, tmp_path / "split")
        part = tmp_path / "split" / "paths" / "pets.yaml"
        part.write_text(part.read_text().replace(good, bad, 1))
        found = check(tmp_path / "split" / "openapi.yaml")
        assert {(Path(each.file).name, each.line, each.rule) for each in found} == {("pets.yaml", line, "openapi")}

    @pytest.mark.parametrize(
        ("reference", "result"),
        [
            ("../secret.yaml", "refers outside of the contract's folder"),
            ("/etc/passwd", "refers outside of the contract's folder"),
            ("https://example.com/pet.yaml", "refers outside of the contract's folder"),
            ("nowhere.yaml#/Pet", "refers to a missing file"),
        ],
    )
    def test_a_file_outside_of_the_folder_is_refused(self, tmp_path: Path, reference: str, result: str) -> None:
        (tmp_path / "secret.yaml").write_text("type: string")
        (tmp_path / "api").mkdir()
        document = {"openapi": "3.1.0", "paths": {"/pets": {"$ref": reference}}}
        (tmp_path / "api" / "openapi.yaml").write_text(yaml.safe_dump(document))
        with pytest.raises(ContractError, match=result):
            model.load(tmp_path / "api" / "openapi.yaml")
