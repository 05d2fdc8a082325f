"""The requirements of the contract.

Some test has to see each of them; each has its place in the YAML.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from orderly.contract.model import Contract
from orderly.contract.node import Node
from orderly.contract.operation import Operation, ResponseSpec
from tests.contract_coverage.problems import example_of

ONLY_BY_FAULTS = {"500", "503"}
"""The statuses that only a fault can cause; the tests of faults are theirs."""

ONLY_ON_POSTGRESQL = {"idempotency_key_in_flight"}
"""The error codes that take two writers at once: on SQLite one waits until the other has ended."""


@dataclass(frozen=True)
class Choices:
    """The enum values that an instance of a schema can hold.

    Each is kept by its place in the instance.
    """

    own: list[tuple[Any, str]] = field(default_factory=list)
    members: dict[str, "Choices"] = field(default_factory=dict)
    items: list["Choices"] = field(default_factory=list)
    also: list["Choices"] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.own or self.members or self.items or self.also)

    def made(self, value: Any) -> Iterator[str]:
        """Return the pointers of the choices that a value has made."""
        yield from (pointer for option, pointer in self.own if type(option) is type(value) and option == value)
        for each in self.also:
            yield from each.made(value)
        if isinstance(value, dict):
            for name in value.keys() & self.members.keys():
                yield from self.members[name].made(value[name])
        elif isinstance(value, list):
            for each in self.items:
                yield from (pointer for item in value for pointer in each.made(item))


class Enums:
    """Finds the enums below the schemas of a contract, each schema once."""

    def __init__(self) -> None:
        self._found: dict[str, Choices] = {}

    def of(self, schema: Node) -> Choices:
        """Return the choices of a schema."""
        node = schema.target
        if node.pointer not in self._found:
            self._found[node.pointer] = found = Choices()
            if isinstance(node.value, dict):
                self._fill(found, node)
        return self._found[node.pointer]

    def _fill(self, found: Choices, node: Node) -> None:
        found.own.extend((each, f"{node.pointer}/enum/{i}") for i, each in enumerate(node.value.get("enum", [])))
        if "const" in node.value:
            found.own.append((node.value["const"], f"{node.pointer}/const"))
        for choice in ("anyOf", "oneOf", "allOf"):
            for index in range(len(node.value.get(choice, []))):
                self._add(found.also, node[choice][index])
        if members := node.get("properties"):
            for name in members.value:
                if not (below := self.of(members[name])).is_empty:
                    found.members[name] = below
        if items := node.get("items"):
            self._add(found.items, items)

    def _add(self, to: list[Choices], schema: Node) -> None:
        if not (below := self.of(schema)).is_empty:
            to.append(below)

    def all(self, schema: Node) -> dict[str, Any]:
        """Return every choice of a schema: pointer and value."""
        found, waiting, seen = {}, [self.of(schema)], set()
        while waiting:
            choices = waiting.pop()
            if id(choices) not in seen:
                seen.add(id(choices))
                found.update({pointer: value for value, pointer in choices.own})
                waiting += [*choices.also, *choices.items, *choices.members.values()]
        return found


def requirements_of(contract: Contract) -> dict[str, str]:
    """Return all requirements as text, each with its JSON pointer."""
    found: dict[str, str] = {}
    enums = Enums()
    for operation in contract.operations:
        found.update(_of_operation(operation, enums))
    declared = {code for o in contract.operations for r in o.responses.values() for code in r.error_codes or ()}
    for code in contract.errors.keys() - declared:
        found[f"error {code}"] = f"/x-errors/{code}"
    return found


def _of_operation(operation: Operation, enums: Enums) -> Iterator[tuple[str, str]]:
    name, place = operation.operation_id, operation.node.pointer
    for parameter in operation.parameters:
        yield parameter_seen(operation, parameter.location, parameter.name), _place(operation, parameter.name)
        yield from _choices("request", enums.all(parameter.schema))
    for kind, schema in operation.body.items():
        yield f"{name} accepts {kind}", f"{place}/requestBody/content/{kind.replace('/', '~1')}"
        yield from _choices("request", enums.all(schema))
    for status, response in operation.responses.items():
        if status not in ONLY_BY_FAULTS:
            yield from _of_response(operation, status, response, enums)


def _place(operation: Operation, parameter: str) -> str:
    given = operation.node.get("parameters")
    names = [given[index]["name"].value for index in range(len(given.value))] if given else []
    return f"{operation.node.pointer}/parameters" + (f"/{names.index(parameter)}" if parameter in names else "")


def _of_response(operation: Operation, status: str, response: ResponseSpec, enums: Enums) -> Iterator[tuple[str, str]]:
    place = f"{operation.node.pointer}/responses/{status}"
    for kind in response.media or ["no body"]:
        yield f"{operation.operation_id} returns {status} {kind}", place
    for code in response.error_codes or ():
        yield f"{operation.operation_id} returns {status} {code}", place
    if response.error_codes and example_of(operation, status):
        yield example_sent(operation, status), place
    for schema in response.media.values():
        yield from _choices("response", enums.all(schema) if schema else {})
    links = operation.node["responses"][status].get("links")
    for link in links.value if links else ():
        yield f"{operation.operation_id} links to {link}", f"{place}/links/{link}"


def _choices(direction: str, found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    yield from ((choice_made(direction, pointer, value), pointer) for pointer, value in found.items())


def parameter_seen(operation: Operation, location: str, name: str) -> str:
    """Return the requirement of a parameter."""
    return f"{operation.operation_id} is given {name} ({location})"


def example_sent(operation: Operation, status: str) -> str:
    """Return the requirement of a problem equal to its example."""
    return f"{operation.operation_id} sends the example of {status}"


def choice_made(direction: str, pointer: str, value: Any) -> str:
    """Return the requirement of an enum value.

    It counts wherever its schema is used.
    """
    place = pointer.partition("/enum/")[0].removesuffix("/const").removeprefix("/components/")
    return f"{direction} with {value!r} of {place}"
