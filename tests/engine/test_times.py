"""Times, as RFC 3339 writes them."""

import pytest

from orderly.times import parse_time, rfc3339


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000000Z"),
        ("2026-01-31t12:00:00.5z", "2026-01-31T12:00:00.500000Z"),
        ("2026-01-31T12:00:00+01:00", "2026-01-31T11:00:00.000000Z"),
        ("2026-01-31T12:00:00.123456789-23:59", "2026-02-01T11:59:00.123456Z"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999999Z"),
        ("0000-02-29T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("0001-01-01T00:00:00+01:00", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59-01:00", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_is_parsed_to_the_nearest_one_in_range(text: str, time: str) -> None:
    assert rfc3339(parse_time(text)) == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T12:00:00",
        "2026-01-31 12:00:00Z",
        "2026-02-30T12:00:00Z",
        "2026-01-31T24:00:01Z",
        "2026-01-31T12:60:00Z",
        "2026-01-31T12:00:61Z",
        "2026-01-31T12:00:00+24:00",
        "2026-01-31T12:00Z",
        "20260131T120000Z",
        "2026-W05-6T12:00:00Z",
    ],
)
def test_an_invalid_time_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # two layers raise, each with its own message
        parse_time(text)
