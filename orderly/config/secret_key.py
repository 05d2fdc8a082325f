"""The secret that development makes for itself and keeps in the data folder."""

import os
import secrets
import tempfile
from pathlib import Path

MINIMUM_BYTES = 32
FILE_NAME = "secret.key"


class CommandError(Exception):
    """The service cannot start like this. The message is one plain line that says what to do."""


def kept_secret(folder: Path) -> str:
    """The secret of a data folder, made if it has none yet. Raises CommandError where that is impossible."""
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make(path)
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise CommandError(
            f"The secret in the data folder {folder} cannot be made or read: "
            "make the folder writable, or set ORDERLY_DATA_DIR or ORDERLY_SECRET_KEY."
        ) from None
    if len(secret) < MINIMUM_BYTES:
        raise CommandError(f"The secret in {path} is too short: delete the file, and a new one is made.")
    return secret


def _make(path: Path) -> None:
    # Two processes may start at once. The file appears whole or not at all, and the first one to link it wins.
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{FILE_NAME}.")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)
