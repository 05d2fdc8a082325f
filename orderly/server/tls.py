"""TLS by options: what has to be true of a certificate and its key before a port is open."""

import ssl
from pathlib import Path

from orderly.config.errors import CommandError
from orderly.config.settings import Settings


def check_tls_files(settings: Settings) -> None:
    """Nothing, if the service has no certificate or one that it can serve with.

    Raises:
        CommandError: a file cannot be read, is no PEM, is encrypted, or the key belongs to another certificate.
    """
    if settings.tls_cert_file is None or settings.tls_key_file is None:
        return
    for name, file in (
        ("ORDERLY_TLS_CERT_FILE", settings.tls_cert_file),
        ("ORDERLY_TLS_KEY_FILE", settings.tls_key_file),
    ):
        _check_readable(name, file)
    try:
        # A password that is given is not asked for at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.tls_cert_file, settings.tls_key_file, password=""
        )
    except (ssl.SSLError, ValueError):
        raise CommandError(
            "ORDERLY_TLS_CERT_FILE and ORDERLY_TLS_KEY_FILE do not fit each other: "
            "give the certificate with its chain, "
            "and its own private key without a password, both as PEM."
        ) from None


def _check_readable(name: str, file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        raise CommandError(f"{name} cannot be read ({reason}): make {file} a file that the service may read.") from None
