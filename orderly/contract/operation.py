"""Operations of the contract as data, with parameters, bodies and responses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from orderly.contract.node import Node

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

Location = Literal["query", "path", "header", "cookie"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter or a response header."""

    name: str
    location: Location
    required: bool
    schema: Node
    is_json: bool
    """True if the value is JSON, because the parameter has `content` instead of `schema`."""
    explode: bool

    @property
    def argument(self) -> str:
        """The name of the handler's argument: `User-Agent` is `user_agent`."""
        return self.name.lower().replace("-", "_")


@dataclass(frozen=True, slots=True)
class ResponseSpec:
    """A declared response."""

    status: str
    """A status such as `200`, a range such as `4XX`, or `default`."""
    media: dict[str, Node | None]
    """The schema of each media type; None for a media type without a schema."""
    headers: tuple[Parameter, ...]
    links: tuple[dict[str, Any], ...]
    error_codes: frozenset[str] | None
    """The codes of `x-error-codes`; None without the keyword."""


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A declared security scheme (OpenAPI 3.1, 4.8.27)."""

    name: str
    pointer: str
    type: str
    http_scheme: str
    """The scheme of the Authorization header in lower case, for type `http`."""
    location: str
    """The location of the key, for type `apiKey`."""
    parameter: str
    """The name of the key's parameter, for type `apiKey`."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A rate limit: `limit` requests in `window` seconds."""

    limit: int
    window: int
    per: Literal["caller", "address", "account"]


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation with every reference resolved and every default filled in."""

    node: Node = field(repr=False)
    operation_id: str
    tag: str
    method: str
    path: str
    security: tuple[dict[str, frozenset[str]], ...]
    """The alternatives, each with the required scopes of its schemes; empty for a public operation."""
    parameters: tuple[Parameter, ...]
    body: dict[str, Node]
    """The schema of each media type of the request body."""
    body_required: bool
    responses: dict[str, ResponseSpec]
    rate_limits: tuple[RateLimit, ...]
    idempotent: bool
    precondition: Literal["required", "optional"] | None

    @property
    def is_public(self) -> bool:
        """True if the operation takes no credential."""
        return not self.security

    @property
    def takes_password(self) -> bool:
        """True if the body has a password. Hashing it keeps a core busy."""
        properties = (schema.get("properties") for schema in self.body.values())
        members = (node for each in properties if each for _, node in each.items())
        return any(node.value.get("format") == "password" for node in members)

    @property
    def success(self) -> ResponseSpec:
        """The response to a successful request: the first 2xx."""
        return next(r for s, r in self.responses.items() if s.startswith("2"))
