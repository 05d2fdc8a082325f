"""Checks of the TLS certificate and its key before start-up."""

import ssl
from pathlib import Path

from orderly.config.errors import CommandError
from orderly.config.settings import Settings


def check_tls_files(settings: Settings) -> None:
    """Check the certificate and the key of the settings, if any.

    Raises:
        CommandError: a file is unreadable, encrypted or not PEM, or the key belongs to another certificate.
    """
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return
    for name, file in (
        ("ORDERLY_TLS_CERT_FILE", settings.tls_cert_file),
        ("ORDERLY_TLS_KEY_FILE", settings.tls_key_file),
    ):
        _check_readable(name, file)
    try:
        # With a password given, OpenSSL does not prompt for one on the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.tls_cert_file, settings.tls_key_file, password=""
        )
    except (ssl.SSLError, ValueError):
        raise CommandError(
            "Cannot use ORDERLY_TLS_CERT_FILE with ORDERLY_TLS_KEY_FILE: a file is not valid, or the key belongs to "
            "another certificate. Provide the certificate with its chain and its unencrypted private key, both as PEM."
        ) from None


def _check_readable(name: str, file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        reason = (error.strerror or "the file cannot be opened").lower()
        raise CommandError(f"Cannot read {name}: {reason}. Make {file} readable for the service.") from None
