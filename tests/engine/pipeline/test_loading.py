"""Contracts that Connexion 3.3 does not load, or alters."""

from copy import deepcopy
from typing import Any

import pytest

from orderly.contract.loader import ContractError
from orderly.contract.model import Contract
from tests.asgi import Client
from tests.engine.application import CONTRACT, EVERYTHING
from tests.engine.conftest import Serve

EVERYTHING_POST = ("paths", "/everything", "post")


class TestLoading:
    def test_an_operation_without_a_handler_is_501(self, client: Client) -> None:
        assert client.get("/v1/trees/1/nothing").code == "not_implemented"

    def test_a_contract_of_another_version_is_refused(self) -> None:
        with pytest.raises(ContractError, match=r"3\.1"):
            Contract(EVERYTHING.read_bytes().replace(b"openapi: 3.1.0", b"openapi: 3.0.3"))

    def test_braces_in_a_text_stay(self, client: Client) -> None:
        assert b"Everything {{x}}" in client.get("/openapi.yaml").body

    @pytest.mark.parametrize("word", ["no", "on", "200"])
    def test_a_key_that_yaml_reads_as_no_text_is_refused(self, word: str) -> None:
        with pytest.raises(ContractError, match="quote"):
            Contract(EVERYTHING.read_bytes() + f"\nx-flags: {{{word}: 1}}\n".encode())

    def test_a_key_that_occurs_twice_is_refused(self) -> None:
        with pytest.raises(ContractError, match="twice"):
            Contract(EVERYTHING.read_bytes() + b"\nx-errors: {}\n")

    @pytest.mark.parametrize("path", [("paths",), EVERYTHING_POST, (*EVERYTHING_POST, "responses")])
    @pytest.mark.parametrize("odd", [5, [5], "text", None])
    def test_a_contract_of_another_shape_is_refused(self, path: tuple[Any, ...], odd: Any) -> None:
        document = holder = deepcopy(CONTRACT.document)
        for step in path[:-1]:
            holder = holder[step]
        holder[path[-1]] = odd
        with pytest.raises(ContractError):
            Contract(b"", document)

    def test_two_operations_with_one_id_are_refused(self) -> None:
        twice = EVERYTHING.read_bytes().replace(b"operationId: get_tree\n", b"operationId: post_etag\n")
        with pytest.raises(ContractError, match=r"post_etag.*twice"):
            Contract(twice)

    def test_an_argument_that_the_contract_lacks_is_refused(self, serve: Serve) -> None:
        with pytest.raises(ContractError, match="colour"):
            serve({"get_tree": lambda colour: {}})
