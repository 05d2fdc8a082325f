"""A small contract, its places, and a function to change them."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

from orderly.contract.model import Contract

SHOP = Path(__file__).with_name("shop.yaml")
OLD = Contract(SHOP.read_bytes())
NONE = object()
LIST, CREATE = ("paths", "/cups", "get"), ("paths", "/cups", "post")
LIMIT, COLOUR = (*LIST, "parameters", 0), (*LIST, "parameters", 1)
OK = (*LIST, "responses", "200")
SCHEMAS = ("components", "schemas")
CUP, WANTED = (*SCHEMAS, "Cup"), (*SCHEMAS, "CupCreate")
NAME, BODY = (*WANTED, "properties", "name"), (*CREATE, "requestBody")
DROP = {"operationId": "drop_cups", "tags": ["cups"], "responses": {"204": {"description": "Dropped."}}}


def changed(*changes: tuple[tuple[Any, ...], Any], version: str = "1.2.3") -> Contract:
    """Return the contract with some places set, appended to ("+") or removed."""
    document = deepcopy(OLD.document)
    document["info"]["version"] = version
    for path, value in changes:
        *parents, last = path
        holder: Any = document
        for step in parents:
            holder = holder[step]
        if last == "+":
            holder.append(value)
        elif value is NONE:
            del holder[last]
        else:
            holder[last] = value
    return Contract(json.dumps(document, indent=1).encode())
