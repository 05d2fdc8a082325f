"""The complete service with two changes for the comparison.

Its rate limits are higher, and reading products needs a token. The catalogue is public, and this is a comparison for
signed-in callers: so two operations of the contract require one. It is started as by `orderly serve`.
`python -m benchmarks.service unchecked` leaves out the validation of responses.
"""

import re
import sys
from typing import Any

from orderly.cli.serve import run
from orderly.config.settings import Settings
from orderly.contract.model import Contract
from orderly.http.messages import ASGIApp
from tests.shop.application import APPLICATION, CONTRACT_FILE

ENDLESS = 1_000_000_000
SIGNED_IN = ("get_product", "list_products")


def contract() -> Contract:
    """Return the contract with these changes."""
    text = re.sub(r"limit: \d+, window: 60", f"limit: {ENDLESS}, window: 60", CONTRACT_FILE.read_text())
    for name in SIGNED_IN:
        before, found, after = text.partition(f"operationId: {name}\n")
        text = before + found + after.replace("security: []", "security: [{bearer: [orders:read]}]", 1)
    return Contract(text.encode())


def create(settings: Settings, **given: Any) -> ASGIApp:
    """Return the service."""
    from tests.applications import create_shop  # after the metrics have their folder, as in `orderly serve`

    return create_shop(settings, contract(), **given)


def create_unchecked(settings: Settings, **given: Any) -> ASGIApp:
    """Return the service without response validation, only to measure its cost."""
    from orderly.validation.response import ResponseValidator

    ResponseValidator.check = lambda *_: None  # type: ignore[method-assign]  # a benchmark without it
    return create(settings, **given)


if __name__ == "__main__":
    run(APPLICATION, Settings.load(APPLICATION), create_unchecked if "unchecked" in sys.argv else create)
