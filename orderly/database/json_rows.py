"""Pairs of a mapping as rows of a statement.

They are passed as one JSON parameter, so the text of the statement is the same for any number of pairs.
"""

from typing import Any

from sqlalchemy import JSON, BindParameter, Integer, String, TableValuedAlias, bindparam, cast, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement


class _JsonEach(FunctionElement[Any]):
    """SQL function that returns the members of a JSON object as rows."""

    inherit_cache = True


@compiles(_JsonEach, "sqlite")
def _on_sqlite(element: _JsonEach, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_JsonEach, "postgresql")
def _on_postgresql(element: _JsonEach, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each_text({compiler.process(element.clauses, **options)})"


class JsonPairs:
    """A parameter that maps strings to integers, joined as `rows`."""

    def __init__(self, name: str) -> None:
        parameter: BindParameter[Any] = bindparam(name, type_=JSON())
        self.rows: TableValuedAlias = _JsonEach(parameter).table_valued(column("key", String), column("value"))
        self.key: ColumnElement[str] = self.rows.c.key
        self.value: ColumnElement[int] = cast(self.rows.c.value, Integer)
