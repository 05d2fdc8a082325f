"""From a place in the contract to its file, line and column."""

from functools import cached_property

import yaml

from openapi.bundle import PARTS, Bundle


class Lines:
    """The lines of a contract's files; they are read when the first is asked for."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle

    def of(self, pointer: str) -> tuple[str, int, int]:
        """The file, line and column (from 1) of a place; of what is missing, those of what it is missing from."""
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        file = self._bundle.main
        if steps[:1] == [PARTS]:
            file, steps = steps[1], steps[2:]
        mark = _mark(self._trees[file], steps)
        return file, mark.line + 1, mark.column + 1

    @cached_property
    def _trees(self) -> dict[str, yaml.Node]:
        sources = self._bundle.sources.items()
        return {name: tree for name, source in sources if (tree := yaml.compose(source, yaml.CSafeLoader))}


def _mark(tree: yaml.Node, steps: list[str]) -> yaml.Mark:
    """Where a member's name or an item begins, as far as there is one."""
    mark = tree.start_mark
    for step in steps:
        key, child = _child(tree, step)
        if child is None:
            break
        mark, tree = key.start_mark, child
    return mark


def _child(tree: yaml.Node, step: str) -> tuple[yaml.Node, yaml.Node | None]:
    if isinstance(tree, yaml.MappingNode):
        return next(((key, value) for key, value in tree.value if key.value == step), (tree, None))
    if isinstance(tree, yaml.SequenceNode) and step.isdigit() and int(step) < len(tree.value):
        return tree.value[int(step)], tree.value[int(step)]
    return tree, None
