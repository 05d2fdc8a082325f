"""The house rules: each a function that finds the places where a contract breaks it, and says what to do there.

The name of a rule is that of its function; its docstring is the reason.
"""

from collections.abc import Iterator

from orderly.contract.node import Node

Violations = Iterator[tuple[Node, str]]
