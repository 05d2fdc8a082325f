"""The error codes of a contract as exceptions of a client: one class for each entry of `x-errors`."""

from collections.abc import Mapping
from textwrap import wrap

Errors = Mapping[str, Mapping[str, str]]

PYTHON = '''"""One exception for each error code of the contract; its docstring says why, and what to do."""

from .errors import Refused
'''
TYPESCRIPT = """/** One error for each code of the contract; its comment says why, and what to do. */
import { Refused } from "./errors.js";
"""


def as_python(errors: Errors) -> str:
    """A module of Python."""
    return PYTHON + "".join(
        f'\n\nclass {class_name(code)}(Refused):\n    """{_docstring(entry, "    ")}\n    """\n\n    code = "{code}"\n'
        for code, entry in sorted(errors.items())
    )


def as_typescript(errors: Errors) -> str:
    """A module of TypeScript, and the table of its classes."""
    codes = sorted(errors)
    classes = (
        f"\n/** {_docstring(errors[code], ' * ')} */\n"
        f'export class {class_name(code)} extends Refused {{\n  static readonly code = "{code}";\n}}\n'
        for code in codes
    )
    table = "".join(f"  {code}: {class_name(code)},\n" for code in codes)
    return TYPESCRIPT + "".join(classes) + f"\nexport const byCode = {{\n{table}}};\n"


def class_name(code: str) -> str:
    """`insufficient_stock` is `InsufficientStock`."""
    return "".join(word.title() for word in code.split("_"))


def _docstring(entry: Mapping[str, str], margin: str) -> str:
    lines = [entry["title"] + ".", "", *wrap(entry["cause"], 100), "", *wrap(entry["resolution"], 100)]
    return f"\n{margin}".join(lines).replace(f"\n{margin}\n", f"\n{margin.rstrip()}\n")
