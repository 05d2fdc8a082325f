"""HTTPS: certificates that are served, renewed and refused."""

import signal
import ssl
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from orderly.config.errors import CommandError
from orderly.config.settings import Settings
from orderly.server.tls import check_tls_files
from tests.engine.server.conftest import READY
from tests.serving import START, Served, served
from tests.settings import SECRET

NAME = "shop.example"


class Issuer:
    """A certificate authority, and the files of the service."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.files: dict[str, Any] = {"tls_cert_file": folder / "shop.pem", "tls_key_file": folder / "shop.key"}
        self.context = ssl.create_default_context()
        self.authority.configure_trust(self.context)

    def issue(self, name: str = NAME) -> None:
        """Write a new certificate and its key."""
        issued = self.authority.issue_cert(name)
        issued.cert_chain_pems[0].write_to_path(self.files["tls_cert_file"])
        issued.private_key_pem.write_to_path(self.files["tls_key_file"])


@pytest.fixture
def issuer(tmp_path: Path) -> Issuer:
    """An authority that has issued a certificate for the service."""
    issuer = Issuer(tmp_path)
    issuer.issue()
    return issuer


def settings(**files: Any) -> Settings:
    return Settings(secret_key=SECRET, **files)


def fetch(url: str, context: ssl.SSLContext, name: str) -> httpx.Response:
    """Return the response of a service whose certificate is for this name."""
    with httpx.Client(verify=context) as client:
        return client.get(f"{url}/v1/health/ready", extensions={"sni_hostname": name})


def first_response(service: Served, context: ssl.SSLContext, name: str = NAME) -> httpx.Response:
    """Return the first response."""
    url = service.url.replace("http://", "https://")
    end = time.monotonic() + START
    while time.monotonic() < end and service.process.poll() is None:
        with suppress(httpx.TransportError):
            return fetch(url, context, name)
        time.sleep(0.05)
    raise AssertionError(service.log.read_text())


class TestServing:
    def test_a_certificate_is_served_and_renewed_at_sighup(self, tmp_path: Path, issuer: Issuer) -> None:
        with served(tmp_path, "", wait=False, application=READY, **issuer.files) as service:
            assert first_response(service, issuer.context).status_code == 200
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                fetch(service.url.replace("http://", "https://"), ssl.create_default_context(), NAME)
            with pytest.raises(httpx.TransportError):
                httpx.get(f"{service.url}/v1/health/ready")
            issuer.issue("renewed.example")
            service.process.send_signal(signal.SIGHUP)
            assert first_response(service, issuer.context, "renewed.example").status_code == 200
        assert f"serves its API at {service.url.replace('http://', 'https://')}/v1" in service.log.read_text()


class TestRefusals:
    @pytest.mark.parametrize("name", ["tls_cert_file", "tls_key_file"])
    def test_one_file_is_not_enough(self, issuer: Issuer, name: str) -> None:
        with pytest.raises(CommandError, match="Set both ORDERLY_TLS_CERT_FILE and ORDERLY_TLS_KEY_FILE, or neither"):
            settings(**{name: issuer.files[name]})

    def test_no_file_is_plain_http(self) -> None:
        check_tls_files(settings())

    def test_matching_files_are_accepted(self, issuer: Issuer) -> None:
        check_tls_files(settings(**issuer.files))

    @pytest.mark.parametrize("name", ["tls_cert_file", "tls_key_file"])
    def test_a_missing_file_is_refused(self, issuer: Issuer, name: str) -> None:
        issuer.files[name].unlink()
        with pytest.raises(CommandError, match=f"Cannot read ORDERLY_{name.upper()}: no such file or directory"):
            check_tls_files(settings(**issuer.files))

    def test_the_key_of_another_certificate_is_refused(self, issuer: Issuer) -> None:
        issuer.authority.issue_cert(NAME).private_key_pem.write_to_path(issuer.files["tls_key_file"])
        with pytest.raises(CommandError, match="Cannot use ORDERLY_TLS_CERT_FILE"):
            check_tls_files(settings(**issuer.files))

    @pytest.mark.parametrize("name", ["tls_cert_file", "tls_key_file"])
    def test_a_file_that_is_not_pem_is_refused(self, issuer: Issuer, name: str) -> None:
        issuer.files[name].write_text("none")
        with pytest.raises(CommandError, match="Cannot use ORDERLY_TLS_CERT_FILE"):
            check_tls_files(settings(**issuer.files))

    def test_a_key_with_a_password_is_refused(self, issuer: Issuer) -> None:
        from cryptography.hazmat.primitives import serialization as pem

        key = pem.load_pem_private_key(issuer.files["tls_key_file"].read_bytes(), None)
        locked = pem.BestAvailableEncryption(b"a password")
        issuer.files["tls_key_file"].write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, locked))
        with pytest.raises(CommandError, match="unencrypted private key"):
            check_tls_files(settings(**issuer.files))
