"""The development secret, kept in the data folder."""

import os
import secrets
import tempfile
from pathlib import Path

from orderly.config.errors import CommandError

MINIMUM_BYTES = 32
"""Bytes of a secret. The service refuses to start with a shorter one."""
FILE_NAME = "secret.key"


def load_secret(folder: Path) -> str:
    """Return the secret of a data folder. It is created on first use.

    Raises:
        CommandError: the file cannot be created or read, or its secret is too short.
    """
    path = folder / FILE_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        secret = path.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise CommandError(
            f"Cannot create or read the secret in the data folder {folder}. "
            "Make the folder writable, or set ORDERLY_DATA_DIR or ORDERLY_SECRET_KEY."
        ) from None
    if len(secret) < MINIMUM_BYTES:
        raise CommandError(f"The secret in {path} is too short. Delete the file to have a new one created.")
    return secret


def _create(path: Path) -> None:
    # Two processes may start at once. The file appears whole or not at all, and the first process to link it wins.
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
