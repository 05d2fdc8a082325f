"""Exceptions of a client: one class for each error code in `x-errors`."""

from collections.abc import Mapping
from textwrap import wrap

Errors = Mapping[str, Mapping[str, str]]

PYTHON = '''"""One exception for each error code of the contract, with its cause and resolution."""

from .errors import ApiError
'''
TYPESCRIPT = """/** One error for each code of the contract, with its cause and resolution. */
import { ApiError } from "./errors.js";
"""


def as_python(errors: Errors) -> str:
    """Return a Python module with the exceptions."""
    return PYTHON + "".join(
        f'\n\nclass {class_name(code)}(ApiError):\n    """{_docstring(entry, "    ")}\n    """\n\n    code = "{code}"\n'
        for code, entry in sorted(errors.items())
    )


def as_typescript(errors: Errors) -> str:
    """Return a TypeScript module with the errors and their table."""
    codes = sorted(errors)
    classes = (
        f"\n/** {_docstring(errors[code], ' * ')} */\n"
        f'export class {class_name(code)} extends ApiError {{\n  static readonly code = "{code}";\n}}\n'
        for code in codes
    )
    table = "".join(f"  {code}: {class_name(code)},\n" for code in codes)
    return TYPESCRIPT + "".join(classes) + f"\nexport const byCode = {{\n{table}}};\n"


def class_name(code: str) -> str:
    """Return the class for a code: `InsufficientStock` for `insufficient_stock`."""
    return "".join(word.title() for word in code.split("_"))


def _docstring(entry: Mapping[str, str], margin: str) -> str:
    lines = [entry["title"] + ".", "", *wrap(entry["cause"], 100), "", *wrap(entry["resolution"], 100)]
    return f"\n{margin}".join(lines).replace(f"\n{margin}\n", f"\n{margin.rstrip()}\n")
