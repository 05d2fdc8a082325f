"""Types of the URLs in settings."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError


def _database(url: str) -> str:
    scheme = url.partition(":")[0]
    if url and scheme not in ("sqlite", "postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError("give a URL that begins with postgresql:// or sqlite:///")
    if scheme == "sqlite" and (not url.startswith("sqlite:///") or ":memory:" in url or url == "sqlite:///"):
        raise ValueError("give the path of a file after sqlite:///")
    if url and not _is_database_url(url):
        raise ValueError(
            "it is malformed, or names no database; write %40 for @ and %2F for / in a user or a password, "
            "and several hosts as postgresql://user:password@/name?host=one,two"
        )
    return url


def _redis(url: str) -> str:
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("give a URL that begins with redis://, rediss:// or unix://")
    return url


def _collector(url: str) -> str:
    if url and not url.startswith(("http://", "https://")):
        raise ValueError("give a URL that begins with http:// or https://")
    return url


def _origin(origin: str) -> str:
    if not _is_origin(origin):
        raise ValueError("give each origin as scheme://host[:port], in lower case and without a path; * is not allowed")
    return origin


DatabaseUrl = Annotated[str, AfterValidator(_database)]
RedisUrl = Annotated[str, AfterValidator(_redis)]
CollectorUrl = Annotated[str, AfterValidator(_collector)]
Origin = Annotated[str, AfterValidator(_origin)]


def _is_database_url(url: str) -> bool:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        return False
    return bool(parsed.database)


def _is_origin(origin: str) -> bool:
    try:
        parts = urlsplit(origin)
        normal = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port is not None else "")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "*" not in origin and normal == origin
