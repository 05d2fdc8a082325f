"""A generated contract with any number of operations."""

import json
from typing import Any

PROBLEM = {"$ref": "#/components/responses/Problem"}
METHODS = {"get": "get", "put": "replace", "delete": "remove"}


def many(operations: int) -> bytes:
    """Return the source of a contract, with five operations for each resource."""
    names = [f"thing_{number}" for number in range(operations // 5)]
    paths = {path: item for name in names for path, item in _paths(name).items()}
    problem = {"description": "A problem.", "content": {"application/problem+json": {"schema": {"type": "object"}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Many", "version": "1.0.0"},
        "servers": [{"url": "/v1"}],
        "paths": paths,
        "components": {"responses": {"Problem": problem}, "schemas": {name: _schema(name) for name in names}},
    }
    return json.dumps(document).encode()


def _paths(name: str) -> dict[str, Any]:
    key = {"name": f"{name}_id", "in": "path", "required": True, "schema": {"type": "string", "examples": ["a"]}}
    one = {method: _operation(f"{verb}_{name}", name, method, [key]) for method, verb in METHODS.items()}
    both = {"get": _operation(f"list_{name}", name, "get", []), "post": _operation(f"create_{name}", name, "post", [])}
    return {f"/{name}": both, f"/{name}/{{{name}_id}}": one}


def _operation(name: str, resource: str, method: str, parameters: list[Any]) -> dict[str, Any]:
    body = {"application/json": {"schema": {"$ref": f"#/components/schemas/{resource}"}, "example": _example(resource)}}
    answer = (
        {"204": {"description": "Gone."}} if method == "delete" else {"200": {"description": "It.", "content": body}}
    )
    taken = {"requestBody": {"required": True, "content": body}} if method in ("put", "post") else {}
    about = {"operationId": name, "tags": [resource], "parameters": parameters}
    return {**about, **taken, "responses": {**answer, "400": PROBLEM}}


def _example(name: str) -> dict[str, Any]:
    return {"kind": name, "size": 1, "parts": [{"kind": name, "size": 2}]}


def _schema(name: str) -> dict[str, Any]:
    parts = {"type": "array", "maxItems": 9, "items": {"$ref": f"#/components/schemas/{name}"}}
    properties = {"kind": {"const": name}, "size": {"type": "integer", "maximum": 9}, "parts": parts}
    return {"type": "object", "required": ["kind"], "properties": properties, "additionalProperties": False}
