"""House rules: functions that yield violations, each with a message.

A rule is named after its function; its docstring gives the reason.
A message is an instruction, or "<what is wrong>: <why>. <what to do>."
"""

from collections.abc import Iterator

from orderly.contract.node import Node

Violations = Iterator[tuple[Node, str]]
