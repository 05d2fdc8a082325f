"""The pairs of a mapping as rows of a statement: one parameter and one text, however many they are."""

from typing import Any

from sqlalchemy import JSON, BindParameter, Integer, String, TableValuedAlias, bindparam, cast, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement


class _JsonEach(FunctionElement[Any]):
    """The members of a JSON object."""

    inherit_cache = True


@compiles(_JsonEach, "sqlite")
def _on_sqlite(element: _JsonEach, compiler: SQLCompiler, **given: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **given)})"


@compiles(_JsonEach, "postgresql")
def _on_postgresql(element: _JsonEach, compiler: SQLCompiler, **given: Any) -> str:
    return f"json_each_text({compiler.process(element.clauses, **given)})"


class JsonPairs:
    """Texts and integers that a statement takes as the parameter `name`, to be joined as `rows`."""

    def __init__(self, name: str) -> None:
        given: BindParameter[Any] = bindparam(name, type_=JSON())
        self.rows: TableValuedAlias = _JsonEach(given).table_valued(column("key", String), column("value"))
        self.key: ColumnElement[str] = self.rows.c.key
        self.value: ColumnElement[int] = cast(self.rows.c.value, Integer)
