"""The settings: their defaults and meanings, read from the environment and `.env`."""

import os
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import URL

from orderly.config.application import Application, find_application
from orderly.config.environment import PREFIX, check_known, describe_invalid
from orderly.config.errors import CommandError
from orderly.config.secret_key import MINIMUM_BYTES, load_secret
from orderly.config.url_types import CollectorUrl, DatabaseUrl, Origin, RedisUrl

__all__ = ["PREFIX", "Settings"]

ENV_FILE = ".env"
DATABASE_FILE = "orderly.db"


class Settings(BaseSettings):
    """The settings of a process.

    A variable is the field's name in capitals after `ORDERLY_`, or its alias. Lists are separated by commas.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    env: Literal["development", "production"] = Field(
        "development",
        description="`production` requires a secret, rejects `ORDERLY_DEBUG` and logs JSON.",
    )
    debug: bool = Field(
        False,
        description="Log SQL statements, and messages of exceptions, which may quote what a caller sent. "
        "Not allowed in production.",
    )
    host: str = Field("127.0.0.1", description="The address to listen on; `0.0.0.0` is every IPv4 address.")
    port: int = Field(8000, ge=1, le=65535, description="The port to listen on.")
    tls_cert_file: Path | None = Field(
        None,
        description="A PEM file with the certificate and its chain. "
        "With `ORDERLY_TLS_KEY_FILE` the service uses HTTPS (TLS 1.2 or 1.3).",
    )
    tls_key_file: Path | None = Field(
        None, description="A PEM file with the private key of the certificate, without a password."
    )
    workers: int = Field(1, ge=1, le=64, description="Worker processes. With more than one, set `ORDERLY_REDIS_URL`.")
    threads: int = Field(4, ge=1, le=64, description="Threads of a process: requests in progress at the same time.")
    shutdown_delay: int = Field(
        2,
        ge=0,
        le=20,
        description="Seconds after SIGTERM during which readiness fails and requests are still served: "
        "the time in which your load balancer notices.",
    )
    data_dir: Path = Field(Path("data"), description="The folder of the SQLite file and of the generated secret.")
    database_url: DatabaseUrl = Field(
        "",
        repr=False,
        description="`postgresql://user:password@host/name` or `sqlite:///path`; "
        "`orderly.db` in the data folder if empty. With standbys: "
        "`postgresql://user:password@/name?host=one,two&target_session_attrs=read-write`.",
    )
    database_replica_url: DatabaseUrl = Field(
        "",
        repr=False,
        description="A PostgreSQL replica for GETs. Their data may lag behind changes, and so may the state of "
        "callers. Changes use the first database only. While the replica is unavailable, GETs return 503 and readiness "
        "fails.",
    )
    redis_url: RedisUrl = Field(
        "", repr=False, description="`redis://host:6379/0`: rate limits shared by processes and machines."
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs tokens and cursors: 32 bytes or more. "
        "In development it is generated and kept in the data folder if empty.",
    )
    admin_email: str = Field("admin@example.com", description="The email of the first admin.")
    admin_password: SecretStr = Field(
        SecretStr(""), description="The password of the first admin; generated and shown once if empty."
    )
    rate_limits: bool = Field(True, description="`on` or `off`: whether the contract's rate limits apply.")
    trusted_proxies: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (), description="Addresses or networks whose `X-Forwarded-For` is trusted."
    )
    metrics_allowed_networks: Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode] = Field(
        (IPv4Network("127.0.0.1"), IPv6Network("::1")),
        description="Addresses or networks that may read `/metrics`; others get 404.",
    )
    cors_origins: Annotated[tuple[Origin, ...], NoDecode] = Field(
        (), description="Origins, such as `https://shop.example`, whose pages may call the API."
    )
    log_format: Literal["", "console", "json"] = Field(
        "", description="`console` or `json`; if empty `json` in production and `console` in development."
    )

    traces_url: CollectorUrl = Field(
        "",
        repr=False,
        validation_alias="OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        description="The endpoint for OpenTelemetry spans, such as `http://127.0.0.1:4318/v1/traces`. "
        "Requires `orderly-api[traces]`.",
    )

    @classmethod
    def load(cls, application: Application | None = None) -> Self:
        """Read the settings of this process.

        Without a database URL or a secret, a file in the data folder of the application is used.

        Args:
            application: the application to configure; that of the current folder if left out.

        Raises:
            CommandError: a setting is unknown or invalid, or the secret cannot be created.
        """
        application = application or find_application()
        settings = cls.read(application.folder)
        data_dir = settings.data_dir
        if not data_dir.is_absolute():
            data_dir = Path(os.path.relpath(application.folder / data_dir))
        completed: dict[str, Any] = {"data_dir": data_dir}
        if application.has_database and not settings.database_url:
            completed["database_url"] = URL.create("sqlite", database=str(data_dir / DATABASE_FILE)).render_as_string()
        if not settings.secret_key.get_secret_value():
            completed["secret_key"] = SecretStr(load_secret(data_dir))
        return settings.model_copy(update=completed)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the settings from the environment and a folder's `.env`. Nothing is written.

        Raises:
            CommandError: a setting is unknown or invalid.
        """
        env_file = folder / ENV_FILE
        try:
            check_known({**os.environ, **dotenv_values(env_file)}, cls.model_fields)
            return cls(_env_file=env_file)
        except ValidationError as error:
            messages = dict.fromkeys(describe_invalid(e["loc"], e["msg"]) for e in error.errors())
            raise CommandError("; ".join(messages) + ".") from None
        except (UnicodeDecodeError, OSError):
            raise CommandError("Cannot read the file .env. Make it a readable UTF-8 file, or remove it.") from None

    @property
    def secret(self) -> str:
        """The secret.

        Raises:
            CommandError: the secret is not set; only `load` creates one.
        """
        _check_secret(self.secret_key)
        return self.secret_key.get_secret_value()

    @property
    def is_production(self) -> bool:
        """True if the environment is `production`."""
        return self.env == "production"

    @field_validator("trusted_proxies", "metrics_allowed_networks", "cors_origins", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @model_validator(mode="before")
    @classmethod
    def _strip(cls, values: dict[str, object]) -> dict[str, object]:
        # Docker's env files and shells leave trailing blanks, which are never part of a value.
        return {name: value.strip() if isinstance(value, str) else value for name, value in values.items()}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.is_production and self.debug:
            raise CommandError("ORDERLY_DEBUG is not allowed in production. Remove it, or set ORDERLY_ENV=development.")
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            raise CommandError(
                "HTTPS requires two files. Set both ORDERLY_TLS_CERT_FILE and ORDERLY_TLS_KEY_FILE, or neither."
            )
        if self.is_production or self.secret_key.get_secret_value():
            _check_secret(self.secret_key)
        log_format = self.log_format or ("json" if self.is_production else "console")
        object.__setattr__(self, "log_format", log_format)  # the settings are frozen, so not by assignment
        return self


def _check_secret(secret_key: SecretStr) -> None:
    secret = secret_key.get_secret_value()
    if len(secret.encode()) < MINIMUM_BYTES:
        reason = "is too short" if secret else "is missing"
        raise CommandError(
            f"ORDERLY_SECRET_KEY {reason}. Set it to {MINIMUM_BYTES} bytes or more, "
            "for example the output of `openssl rand -base64 48`."
        )
