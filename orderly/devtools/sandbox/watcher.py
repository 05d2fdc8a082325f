"""Snapshots of the contract's files, to detect saves."""

from pathlib import Path


def snapshot(path: Path) -> dict[Path, tuple[int, int]]:
    """Return the time and size of each existing file of a contract."""
    files = {}
    for file in {path, *path.parent.rglob("*.yaml"), *path.parent.rglob("*.yml")}:
        try:
            stat = file.stat()
        except OSError:
            continue
        files[file] = (stat.st_mtime_ns, stat.st_size)
    return files
