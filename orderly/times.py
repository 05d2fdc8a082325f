"""Times in the format of RFC 3339."""

import re
from datetime import UTC, datetime

RFC_3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:]{8}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})")
MIN_TIME, MAX_TIME = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
LEAP_SECOND = re.compile(r"(T[0-9]{2}:[0-9]{2}):60(?:\.[0-9]+)?")


def parse_time(text: str) -> datetime:
    """Parse an RFC 3339 time.

    A time out of the range of a datetime in UTC becomes the nearest one in it.

    Raises:
        ValueError: the text is not an RFC 3339 time.
    """
    if not RFC_3339.fullmatch(text):
        raise ValueError("not an RFC 3339 time")
    text = text.upper()
    if ":60" in text:
        text = LEAP_SECOND.sub(r"\1:59.999999", text)
    # Year 0 is a leap year like year 4, so the rest of the text is checked as of year 4. No datetime has year 0.
    time = datetime.fromisoformat(f"0004{text[4:]}" if text.startswith("0000") else text)
    try:
        return MIN_TIME if text.startswith("0000") else time.astimezone(UTC)
    except OverflowError:
        return MIN_TIME if time.year == 1 else MAX_TIME


def rfc3339(time: datetime) -> str:
    """Format a time as RFC 3339 in UTC, to the microsecond."""
    return time.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
