"""Comparison of extensions: idempotency, preconditions and rate limits."""

from collections.abc import Iterator
from typing import Any

from orderly.devtools.diff.changes import Change, Comparison, Severity

COMPATIBLE, BREAKING = Severity.COMPATIBLE, Severity.BREAKING


def extension_changes(operation: Comparison) -> Iterator[Change]:
    """Yield every change of the extensions of an operation."""
    before, after = operation.values("x-idempotent")
    if bool(before) != bool(after):
        yield operation.change(
            COMPATIBLE if after else BREAKING,
            f"`Idempotency-Key` is {'accepted now' if after else 'no longer accepted'}",
        )
    before, after = operation.values("x-precondition")
    if before != after:
        breaking = after == "required" or after is None
        yield operation.change(BREAKING if breaking else COMPATIBLE, f"`If-Match` is {after or 'no longer evaluated'}")
    yield from _limits(operation)


def _limits(operation: Comparison) -> Iterator[Change]:
    before, after = (_limits_of(value) for value in operation.values("x-rate-limit"))
    for key in sorted({*before, *after}):
        (per, _), old, new = key, before.get(key), after.get(key)
        if old != new:
            looser = new is None or (old is not None and new[0] >= old[0] and new[0] / new[1] >= old[0] / old[1])
            severity = COMPATIBLE if looser else BREAKING
            yield operation.change(severity, f"the limit per {per} was {_limit(old)}, is {_limit(new)}")


def _limits_of(value: Any) -> dict[tuple[str, int], tuple[int, int]]:
    """Return the limits by `per` and rank, the shortest window first."""
    ranked: dict[tuple[str, int], tuple[int, int]] = {}
    limits = value if isinstance(value, list) else [value] if value else []
    for each in sorted(limits, key=lambda limit: int(limit["window"])):
        rank = sum(per == each["per"] for per, _ in ranked)
        ranked[each["per"], rank] = (each["limit"], each["window"])
    return ranked


def _limit(limit: tuple[int, int] | None) -> str:
    return "none" if limit is None else f"{limit[0]} in {limit[1]} s"
