"""The place of an application, and its table in pyproject.toml."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orderly.config.application import Application, ApplicationNotFound, find_application
from orderly.config.errors import CommandError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application: a folder that has a contract only."""
    (tmp_path / "shop" / "openapi").mkdir(parents=True)
    (tmp_path / "shop" / "openapi" / "openapi.yaml").touch()
    monkeypatch.chdir(tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], Application]]:
    """A function that writes handlers under a unique name."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    application = Application(folder, folder / "openapi" / "openapi.yaml", "handlers_of_a_test", "db_of_a_test")
    (folder / "handlers_of_a_test").mkdir()
    application.put_on_path()

    def write(name: str, source: str) -> Application:
        (folder / "handlers_of_a_test" / f"{name}.py").write_text(source)
        return application

    yield write
    for name in [name for name in sys.modules if name.startswith("handlers_of_a_test")]:
        del sys.modules[name]


def configure(folder: Path, text: str) -> None:
    (folder / "pyproject.toml").write_text(f"[tool.orderly]\n{text}\n")


class TestPlace:
    def test_a_contract_is_enough(self, folder: Path) -> None:
        found = find_application()
        assert found == Application(folder, folder / "openapi" / "openapi.yaml", "handlers", "db", "")

    def test_a_project_of_something_else_changes_nothing(self, folder: Path) -> None:
        (folder / "pyproject.toml").write_text("[tool.ruff]\nline-length = 120\n")
        assert find_application().folder == folder

    def test_an_empty_table_has_the_defaults(self, folder: Path) -> None:
        before = find_application()
        configure(folder, "")
        assert find_application() == before

    def test_it_is_found_from_a_folder_below(self, folder: Path) -> None:
        (folder / "handlers" / "deep").mkdir(parents=True)
        assert find_application(folder / "handlers" / "deep").folder == folder

    def test_the_nearest_one_is_taken(self, folder: Path) -> None:
        configure(folder, "")
        inner = folder / "examples" / "openapi"
        inner.mkdir(parents=True)
        (inner / "openapi.yaml").touch()
        assert find_application(inner).folder == folder / "examples"

    def test_outside_of_one_it_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ApplicationNotFound, match="is not an application"):
            find_application(tmp_path)


class TestNames:
    def test_each_may_be_another(self, folder: Path) -> None:
        for package in ("web/handlers", "tables"):
            (folder / package).mkdir(parents=True)
        (folder / "api.yaml").touch()
        configure(folder, 'contract = "api.yaml"\nhandlers = "web.handlers"\ndatabase = "tables"\nreadiness = "/live"')
        found = find_application()
        assert found == Application(folder, folder / "api.yaml", "web.handlers", "tables", "/live")
        assert found.changes == folder / "changes.md"
        assert found.contract_types == folder / "web" / "handlers" / "contract_types.py"
        assert found.migrations == folder / "tables" / "migrations"

    @pytest.mark.parametrize("has_database", [True, False])
    def test_a_database_is_a_package(self, folder: Path, has_database: bool) -> None:
        if has_database:
            (folder / "db").mkdir()
        assert find_application().has_database == has_database

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ('handler = "handlers"', "[tool.orderly] has no key handler. Use one of contract, handlers"),
            ("handlers = 1", "handlers in [tool.orderly] is not a string."),
            ('contract = "api.yaml"', "the contract api.yaml does not exist."),
            ('handlers = "web"', "the package web does not exist."),
            ('database = "../db"', "database in [tool.orderly] is not the name of a package: ../db."),
            ('readiness = "ready"', "readiness ready in [tool.orderly] is not a URL path."),
            ("handlers", "cannot be read: Expected '='"),
        ],
    )
    def test_what_does_not_fit_is_one_plain_line(self, folder: Path, text: str, reason: str) -> None:
        configure(folder, text)
        with pytest.raises(CommandError) as refused:
            find_application()
        assert str(refused.value).startswith(str(folder / "pyproject.toml"))
        assert reason in str(refused.value)
        assert "\n" not in str(refused.value)

    def test_a_value_instead_of_a_table_is_refused(self, folder: Path) -> None:
        (folder / "pyproject.toml").write_text("[tool]\norderly = true\n")
        with pytest.raises(CommandError, match=r"tool\.orderly is not a table"):
            find_application()


class TestImport:
    def test_a_module_of_the_application_is_imported(self, package: Callable[[str, str], Application]) -> None:
        module = package("pets", "NAME = 'Tom'").import_handlers("pets")
        assert module is not None
        assert module.NAME == "Tom"

    def test_a_module_that_does_not_exist_is_none(self, package: Callable[[str, str], Application]) -> None:
        assert package("pets", "").import_handlers("cups") is None

    def test_a_package_that_does_not_exist_is_none(self, package: Callable[[str, str], Application]) -> None:
        assert package("pets", "").import_database("hooks") is None

    @pytest.mark.parametrize(
        ("source", "reason"),
        [
            ("\n\nraise ValueError('no pets')\n", "3: ValueError: no pets"),
            ("def (\n", "1: SyntaxError: invalid syntax"),
            ("\nimport nothing_of_the_kind\n", "2: ModuleNotFoundError: No module named 'nothing_of_the_kind'"),
        ],
    )
    def test_one_that_fails_is_refused_with_its_line(
        self, package: Callable[[str, str], Application], source: str, reason: str
    ) -> None:
        application = package("pets", source)
        with pytest.raises(CommandError) as refused:
            application.import_handlers("pets")
        assert str(refused.value) == f"handlers_of_a_test/pets.py:{reason}"
