"""`orderly diff`: output formats and baselines."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orderly.contract.model import Contract
from tests.commands import CommandResult
from tests.engine.devtools.sample_contract import COLOUR, LIST, NONE, OLD, changed
from tests.requirements import program


class TestCommand:
    @pytest.fixture
    def files(self, folder: Path) -> list[str]:
        (folder / "old.yaml").write_bytes(OLD.source)
        (folder / "new.yaml").write_bytes(changed(((*LIST, "summary"), "All"), (COLOUR, NONE)).source)
        return ["new.yaml", "--base", "old.yaml"]

    def test_breaking_change_is_in_the_table_and_fails(
        self, orderly: Callable[..., CommandResult], files: list[str]
    ) -> None:
        result = orderly("diff", *files)
        assert result.code == 1
        rows = [line.split() for line in result.out.splitlines()]
        assert [row[0] for row in rows if row and row[0] in ("breaking", "compatible", "docs")] == [
            "breaking",
            "docs",
        ]
        assert "16 > -" in result.out
        assert "info.version is too low: it is 1.2.3 and was 1.2.3. Raise it to 2.0.0 or more.\n" in result.err

    def test_compatible_release_passes(
        self, orderly: Callable[..., CommandResult], folder: Path, files: list[str]
    ) -> None:
        (folder / "new.yaml").write_bytes(changed(((*LIST, "summary"), "All"), version="1.2.4").source)
        result = orderly("diff", *files)
        assert (result.code, result.err) == (0, "")

    def test_no_change_is_reported(self, orderly: Callable[..., CommandResult], files: list[str]) -> None:
        assert orderly("diff", "old.yaml", "--base", "old.yaml").out == "Nothing has changed since old.yaml.\n"

    def test_json_has_versions_and_changes(self, orderly: Callable[..., CommandResult], files: list[str]) -> None:
        result = json.loads(orderly("diff", *files, "--format", "json").out)
        assert result["version"] == {"before": "1.2.3", "after": "1.2.3", "needed": "2.0.0"}
        assert result["passes"] is False
        assert [each["rating"] for each in result["changes"]] == ["breaking", "docs"]
        assert result["changes"][0]["before"] == {"pointer": "/paths/~1cups/get/parameters/1", "line": 16}

    def test_github_format_has_errors_and_notices(
        self, orderly: Callable[..., CommandResult], files: list[str]
    ) -> None:
        lines = orderly("diff", *files, "--format", "github").out.splitlines()
        assert [line.split(",")[0] for line in lines] == ["::error file=new.yaml"] * 2 + ["::notice file=new.yaml"]

    def test_markdown_format_has_a_section_by_severity(
        self, orderly: Callable[..., CommandResult], files: list[str]
    ) -> None:
        assert orderly("diff", *files, "--format", "markdown").out == (
            "## [1.2.3]\n\n### Breaking\n\n- **GET /cups**: the query parameter colour was removed.\n"
            "\n### Wording\n\n- **GET /cups**: `summary` changed.\n"
        )

    @pytest.mark.needs("git")
    def test_missing_baseline_is_an_error(self, orderly: Callable[..., CommandResult], files: list[str]) -> None:
        assert "git has no earlier version of new.yaml: name a file with --base" in orderly("diff", "new.yaml").err
        assert (
            "Cannot compare with nowhere: not a file, and not a revision with new.yaml."
            in orderly("diff", "new.yaml", "--base", "nowhere").err
        )


@pytest.mark.needs("git")
class TestHistory:
    @pytest.fixture
    def history(self, folder: Path) -> Path:
        """A contract with one new version and a later change."""
        git("init", "-q", "-b", "main")
        save(folder, changed(version="1.0.0"), "Add the contract")
        save(folder, changed(((*LIST, "summary"), "All"), version="1.0.0"), "Change the summary")
        save(folder, changed(((*LIST, "summary"), "All"), version="1.1.0"), "Raise the version")
        save(folder, changed(((*LIST, "summary"), "Every cup"), version="1.1.0"), "Change the summary again")
        return folder

    def test_default_baseline_is_the_latest_tag(self, orderly: Callable[..., CommandResult], history: Path) -> None:
        git("tag", "v1.0.0", "HEAD~2")
        result = orderly("diff", "contract.yaml").out
        assert result == orderly("diff", "contract.yaml", "--base", "HEAD~2").out.replace("HEAD~2", "the tag v1.0.0")
        assert "Since the tag v1.0.0:\n" in result

    def test_baseline_without_tag_is_the_commit_of_the_version(
        self, orderly: Callable[..., CommandResult], history: Path
    ) -> None:
        result = orderly("diff", "contract.yaml")
        raised = git("log", "-1", "--format=%h of %cs", "HEAD~1")
        assert f"Since {raised}, which set info.version to 1.1.0 (there is no tag):\n" in result.out
        assert "Raise it to 1.1.1 or more" in result.err
        git("reset", "-q", "--hard", "HEAD~1")
        assert orderly("diff", "contract.yaml").out.startswith(f"Nothing has changed since {raised}, which set")

    def test_baseline_of_the_first_version_is_the_first_commit(
        self, orderly: Callable[..., CommandResult], history: Path
    ) -> None:
        git("reset", "-q", "--hard", "HEAD~2")
        result = orderly("diff", "contract.yaml")
        assert git("log", "-1", "--format=%h", "HEAD~1") in result.out
        assert "Raise it to 1.0.1 or more" in result.err

    def test_merged_version_has_the_merge_as_baseline(
        self, orderly: Callable[..., CommandResult], history: Path
    ) -> None:
        git("checkout", "-q", "-b", "more")
        save(history, changed(version="1.2.0"), "Raise it once more")
        git("checkout", "-q", "main")
        git("merge", "-q", "--no-ff", "more", "-m", "Merge more")
        assert f"since {git('log', '-1', '--format=%h')} of" in orderly("diff", "contract.yaml").out

    def test_shallow_clone_reports_how_to_fetch_the_history(
        self,
        orderly: Callable[..., CommandResult],
        history: Path,
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        clone = tmp_path_factory.mktemp("clone")
        git("clone", "-q", "--depth", "1", f"file://{history}", str(clone))
        monkeypatch.chdir(clone)
        assert "run `git fetch --unshallow --tags`" in orderly("diff", "contract.yaml").err

    def test_all_files_of_a_contract_are_compared(self, orderly: Callable[..., CommandResult], folder: Path) -> None:
        split = Path(__file__).parent.parent / "pipeline" / "third_party" / "split"
        shutil.copytree(split, folder, dirs_exist_ok=True)
        git("init", "-q", "-b", "main")
        commit("Add the contract")
        file = folder / "schemas" / "pet.yaml"
        file.write_text(file.read_text().replace("maxItems: 2", "maxItems: 1", 1))
        result = orderly("diff", "openapi.yaml").out
        assert [line.split()[0] for line in result.splitlines() if "`maxItems`" in line] == ["breaking"]


def save(folder: Path, contract: Contract, message: str) -> None:
    (folder / "contract.yaml").write_bytes(contract.source)
    commit(message)


def commit(message: str) -> None:
    git("add", ".")
    git("commit", "-qm", message)


def git(*arguments: str) -> str:
    author = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
    return subprocess.run(
        [program("git"), *author, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()
