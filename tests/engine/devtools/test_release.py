"""Rules of a release: the version and announced removals."""

from typing import Any

import pytest
import time_machine

from orderly.devtools.diff.release import Release
from tests.engine.devtools.sample_contract import COLOUR, CUP, LIMIT, LIST, NONE, OLD, changed


class TestRelease:
    @pytest.mark.parametrize(
        ("path", "value", "before", "needed"),
        [
            ((*LIST, "summary"), "All", "1.2.3", "1.2.4"),
            ((*LIMIT, "schema", "maximum"), 200, "1.2.3", "1.3.0"),
            ((*LIMIT, "schema", "maximum"), 50, "1.2.3", "2.0.0"),
            ((*LIST, "summary"), "All", "0.2.3", "0.2.4"),
            ((*LIMIT, "schema", "maximum"), 200, "0.2.3", "0.2.4"),
            ((*LIMIT, "schema", "maximum"), 50, "0.2.3", "0.3.0"),
        ],
    )
    def test_worst_change_determines_the_version(
        self, path: tuple[Any, ...], value: Any, before: str, needed: str
    ) -> None:
        old = changed(version=before)
        low, high = (Release(old, changed((path, value), version=version)) for version in (before, needed))
        assert low.needed == needed
        assert (
            f"info.version is too low: it is {before} and was {before}. Raise it to {needed} or more"
            in _complaints_of(low)
        )
        assert not any("info.version" in each for each in _complaints_of(high))

    def test_unannounced_breaking_change_fails_with_any_version(self) -> None:
        release = Release(OLD, changed((COLOUR, NONE), version="2.0.0"))
        assert _complaints_of(release) == [
            "GET /cups: the query parameter colour was removed, which breaks clients: it was not deprecated"
        ]

    @pytest.mark.parametrize(
        "path", [("paths", "/old"), ("paths", "/old", "get", "responses", "200"), (*CUP, "properties", "shade")]
    )
    def test_deprecated_place_may_be_removed_after_its_sunset(
        self, path: tuple[Any, ...], time_machine: time_machine.TimeMachineFixture
    ) -> None:
        time_machine.move_to("2026-01-01T00:00:00Z")
        new = changed((path, NONE), version="2.0.0") if path[-1] != "200" else None
        new = new or changed(((*path[:-1],), {"204": {"description": "Nothing."}}), version="2.0.0")
        assert Release(OLD, new).complaints == []

    def test_deprecated_place_must_stay_until_its_sunset(self, time_machine: time_machine.TimeMachineFixture) -> None:
        time_machine.move_to("2025-12-31T12:00:00Z")
        [result] = _complaints_of(Release(OLD, changed((("paths", "/old"), NONE), version="2.0.0")))
        assert result.endswith("which breaks clients: its x-sunset 2025-12-31 is not past")


def _complaints_of(release: Release) -> list[str]:
    return [what for _, what in release.complaints]
