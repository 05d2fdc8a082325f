"""What has changed may be released, or not yet."""

import pytest

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
    def test_the_version_is_raised_by_the_worst_change(self, path, value, before, needed):
        old = changed(version=before)
        low, high = (Release(old, changed((path, value), version=version)) for version in (before, needed))
        assert low.needed == needed
        assert f"info.version is {before}; it was {before}, so raise it to {needed} or more" in _complaints_of(low)
        assert not any("info.version" in each for each in _complaints_of(high))

    def test_what_breaks_unannounced_does_not_pass_whatever_the_version(self):
        release = Release(OLD, changed((COLOUR, NONE), version="2.0.0"))
        assert _complaints_of(release) == [
            "GET /cups: the query parameter colour was removed, which breaks clients, and it was not deprecated"
        ]

    @pytest.mark.parametrize(
        "path", [("paths", "/old"), ("paths", "/old", "get", "responses", "200"), (*CUP, "properties", "shade")]
    )
    def test_what_was_deprecated_may_go_when_its_sunset_is_past(self, path, time_machine):
        time_machine.move_to("2026-01-01T00:00:00Z")
        new = changed((path, NONE), version="2.0.0") if path[-1] != "200" else None
        new = new or changed(((*path[:-1],), {"204": {"description": "Nothing."}}), version="2.0.0")
        assert Release(OLD, new).complaints == []

    def test_it_may_not_go_before(self, time_machine):
        time_machine.move_to("2025-12-31T12:00:00Z")
        [result] = _complaints_of(Release(OLD, changed((("paths", "/old"), NONE), version="2.0.0")))
        assert result.endswith("which breaks clients, and its x-sunset is 2025-12-31, not past")


def _complaints_of(release: Release) -> list[str]:
    return [what for _, what in release.complaints]
