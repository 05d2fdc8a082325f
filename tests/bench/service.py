"""The service with all that it does: only the numbers of its limits are higher, and reading products needs a token.

The catalogue is public, and this is a comparison for signed-in callers: so two operations of the contract ask for one.
"""

import re

from openapi import logs
from openapi.app import create_app
from openapi.contract import DEFAULT_PATH, Contract
from openapi.settings import Settings

ENDLESS = 1_000_000_000
SIGNED_IN = ("get_product", "list_products")


def contract() -> Contract:
    """The contract, edited as told above."""
    text = re.sub(r"limit: \d+, window: 60", f"limit: {ENDLESS}, window: 60", DEFAULT_PATH.read_text())
    for name in SIGNED_IN:
        before, found, after = text.partition(f"operationId: {name}\n")
        text = before + found + after.replace("security: []", "security: [{bearer: [orders:read]}]", 1)
    return Contract(text.encode())


settings = Settings.load()
logs.configure(settings)
app = create_app(settings, contract())
