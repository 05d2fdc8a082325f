"""TLS by options: what has to be true of a certificate and its key before a port is open."""

import ssl
from pathlib import Path

from orderly.config.settings import Refused, Settings


def refuse_unfit(settings: Settings) -> None:
    """Nothing, if the service has no certificate or one that it can serve with.

    Raises:
        Refused: one of the files cannot be read, is no PEM, is encrypted, or the key belongs to another certificate.
    """
    if settings.tls_certificate is None or settings.tls_key is None:
        return
    for name, file in (("ORDERLY_TLS_CERTIFICATE", settings.tls_certificate), ("ORDERLY_TLS_KEY", settings.tls_key)):
        _refuse_unreadable(name, file)
    try:
        # A password that is given is not asked for at the terminal.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_certificate, settings.tls_key, password="")
    except (ssl.SSLError, ValueError):
        raise Refused(
            "ORDERLY_TLS_CERTIFICATE and ORDERLY_TLS_KEY do not fit each other: give the certificate with its chain, "
            "and its own private key without a password, both as PEM."
        ) from None


def _refuse_unreadable(name: str, file: Path) -> None:
    try:
        file.open("rb").close()
    except OSError as error:
        reason = (error.strerror or "it cannot be opened").lower()
        raise Refused(f"{name} cannot be read ({reason}): make {file} a file that the service may read.") from None
