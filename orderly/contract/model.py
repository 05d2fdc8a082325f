"""The contract as data: its operations, what each takes and answers, and the shell that Connexion routes by."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from orderly.contract.bundle import Bundle
from orderly.contract.loader import ContractError, read
from orderly.contract.node import Node
from orderly.contract.roles import scopes_by_role

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Location = Literal["query", "path", "header", "cookie"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter or a response header: its name, its place and the schema of its value."""

    name: str
    location: Location
    required: bool
    schema: Node
    is_json: bool
    explode: bool

    @property
    def argument(self) -> str:
        """Its name as a handler's argument: `User-Agent` is `user_agent`."""
        return self.name.lower().replace("-", "_")


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """One declared answer."""

    status: str
    media: dict[str, Node | None]
    headers: tuple[Parameter, ...]
    links: tuple[dict[str, Any], ...]
    error_codes: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A declared security scheme (OpenAPI 3.1, 4.8.27)."""

    name: str
    pointer: str
    type: str
    http_scheme: str
    """The scheme of the Authorization header in lower case, for type `http`."""
    location: str
    """Where the key is, for type `apiKey`."""
    parameter: str
    """The name of the key's parameter, for type `apiKey`."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """`limit` requests in `window` seconds, counted per caller, address or account."""

    limit: int
    window: int
    per: Literal["caller", "address", "account"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract, with every reference followed and every default filled in."""

    node: Node = field(repr=False)
    operation_id: str
    tag: str
    method: str
    path: str
    security: tuple[dict[str, frozenset[str]], ...]
    parameters: tuple[Parameter, ...]
    body: dict[str, Node]
    body_required: bool
    responses: dict[str, ResponseSpec]
    rate_limits: tuple[RateLimit, ...]
    idempotent: bool
    precondition: Literal["required", "optional"] | None

    @property
    def is_public(self) -> bool:
        """Whether it asks for no credential."""
        return not self.security

    @property
    def takes_password(self) -> bool:
        """Whether it has a password to hash or to compare, which takes a core for a while."""
        properties = (schema.get("properties") for schema in self.body.values())
        fields = (node for each in properties if each for _, node in each.items())
        return any(node.value.get("format") == "password" for node in fields)

    @property
    def success(self) -> ResponseSpec:
        """The answer of a request that went well: the first 2xx."""
        return next(r for s, r in self.responses.items() if s.startswith("2"))


class Contract:
    """The contract: the file as it is, and its operations."""

    def __init__(self, source: bytes, document: dict[str, Any] | None = None) -> None:
        """Read a contract.

        Args:
            source: the YAML, as it stands in the file.
            document: what it says, where that has been read already.

        Raises:
            ContractError: it is not YAML, not OpenAPI 3.1, or speaks of something that it does not have.
        """
        self.source = source
        self.document = read(source) if document is None else document
        self.root = Node(self.document, "", self.document)
        try:
            self.operations = tuple(self._operations())
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            # All that the file lacks is asked for where it is read; what it has in another shape shows here.
            raise ContractError("the contract has not the shape of OpenAPI 3.1: `orderly check` says where") from None
        self._check_unique_operation_ids()

    @cached_property
    def base_path(self) -> str:
        """The path before every path: that of the first server."""
        return str(self.root["servers"][0]["url"].value).rstrip("/")

    @cached_property
    def version(self) -> str:
        """The contract's own version."""
        return str(self.root["info"]["version"].value)

    @cached_property
    def errors(self) -> dict[str, dict[str, str]]:
        """The catalogue of error codes: title, detail, cause and resolution of each."""
        return dict(self.document.get("x-errors", {}))

    @cached_property
    def roles(self) -> dict[str, frozenset[str]]:
        """The scopes of each role, with those of the roles that it extends."""
        return scopes_by_role(self.document.get("x-roles", {}))

    @cached_property
    def security_schemes(self) -> tuple[SecurityScheme, ...]:
        """The declared security schemes."""
        declared = self.root.get("components", "securitySchemes")
        return tuple(_security_scheme(name, node) for name, node in declared.items()) if declared else ()

    def connexion_spec(self) -> dict[str, Any]:
        """An OpenAPI 3.0 dict that Connexion, which refuses 3.1, can load: paths, operationIds and tags."""
        paths: dict[str, dict[str, Any]] = {}
        for operation in self.operations:
            paths.setdefault(operation.path, {})[operation.method.lower()] = {
                "operationId": operation.operation_id,
                "tags": [operation.tag],
                "responses": {"default": {"description": ""}},
            }
        return {"openapi": "3.0.3", "info": {"title": "shell", "version": self.version}, "paths": paths}

    def _operations(self) -> Iterator[Operation]:
        for path, item in self.root["paths"].items():
            for method in METHODS:
                node = item.get(method)
                if node is not None:
                    yield _operation(self.root, path, item, method, node)

    def _check_unique_operation_ids(self) -> None:
        seen: dict[str, Operation] = {}
        for operation in self.operations:
            twin = seen.setdefault(operation.operation_id, operation)
            if twin is not operation:
                raise ContractError(
                    f"operationId {operation.operation_id!r} stands twice: {twin.method} {twin.path} "
                    f"and {operation.method} {operation.path}; rename one",
                    f"{operation.node.pointer}/operationId",
                )


def load(path: Path) -> Contract:
    """Read the contract from its file, and from the others in its folder that it is split into.

    Raises:
        ContractError: a file is missing or is no contract that can be served; the message is one plain line.
    """
    bundle = Bundle(path)
    return Contract(bundle.source, bundle.document)


def _operation(root: Node, path: str, item: Node, method: str, node: Node) -> Operation:
    value = node.value
    where = f"{method.upper()} {path}"
    for key in ("operationId", "tags"):
        if not value.get(key):
            message = f"{where} needs an operationId and a tag: together they name its handler"
            raise ContractError(message, f"{node.pointer}/{key}")
    body = node.get("requestBody")
    responses = {status: _response(status, response) for status, response in node["responses"].items()}
    if not any(status.startswith("2") for status in responses):
        raise ContractError(f"{where} declares no success: add a 2xx response", f"{node.pointer}/responses")
    return Operation(
        node=node,
        operation_id=value["operationId"],
        tag=value["tags"][0],
        method=method.upper(),
        path=path,
        security=_security(value.get("security", root.value.get("security", []))),
        parameters=tuple(_parameters(item, node)),
        body={} if body is None else {kind: media["schema"] for kind, media in body["content"].items()},
        body_required=body is not None and bool(body.target.value.get("required")),
        responses=responses,
        rate_limits=_rate_limits(value.get("x-rate-limit", [])),
        idempotent=bool(value.get("x-idempotent")),
        precondition=value.get("x-precondition"),
    )


def _security(alternatives: list[dict[str, list[str]]]) -> tuple[dict[str, frozenset[str]], ...]:
    return tuple({scheme: frozenset(scopes) for scheme, scopes in each.items()} for each in alternatives)


def _security_scheme(name: str, node: Node) -> SecurityScheme:
    value = node.value
    return SecurityScheme(
        name=name,
        pointer=node.pointer,
        type=value["type"],
        http_scheme=value.get("scheme", "").lower(),
        location=value.get("in", ""),
        parameter=value.get("name", ""),
    )


def _rate_limits(value: Any) -> tuple[RateLimit, ...]:
    return tuple(RateLimit(**each) for each in (value if isinstance(value, list) else [value]))


def _parameters(item: Node, operation: Node) -> Iterator[Parameter]:
    """Those of the operation, and those of its path that it does not override (OpenAPI 3.1, 4.8.9.1)."""
    found: dict[tuple[str, str], Parameter] = {}
    for holder in (item, operation):
        places = holder.get("parameters")
        for index in range(len(places.value) if places else 0):
            node = places[index].target  # type: ignore[index]  # there are some, or the range is empty
            parameter = _parameter(node, node["name"].value, node["in"].value)
            found[parameter.name, parameter.location] = parameter
    return iter(found.values())


def _parameter(node: Node, name: str, location: Location) -> Parameter:
    content = node.get("content")
    schema = next(iter(content.items()))[1]["schema"] if content else node["schema"]
    value = node.value
    style = value.get("style", "form" if location in ("query", "cookie") else "simple")
    if style not in ("form", "simple"):
        message = f"{node.pointer}: style {style!r} is not served; use form, simple or content"
        raise ContractError(message, node.pointer)
    return Parameter(
        name=name,
        location=location,
        required=bool(value.get("required")),
        schema=schema,
        is_json=content is not None,
        explode=bool(value.get("explode", style == "form")),
    )


def _response(status: str, node: Node) -> ResponseSpec:
    headers, content, links = node.get("headers"), node.get("content"), node.get("links")
    codes = node.value.get("x-error-codes")
    return ResponseSpec(
        status=status,
        media={kind: media.get("schema") for kind, media in content.items()} if content else {},
        headers=tuple(_parameter(h, name, "header") for name, h in headers.items()) if headers else (),
        links=tuple(link.value for _, link in links.items()) if links else (),
        error_codes=frozenset(codes) if codes is not None else None,
    )
