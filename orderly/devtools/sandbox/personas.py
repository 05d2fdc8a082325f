"""Personas of the sandbox, created by the application's `handlers/sandbox.py`."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Persona:
    """An account to create, taken from the contract's examples."""

    role: str
    email: str
    name: str
    password: str


class SignedIn(NamedTuple):
    """A created account with its session."""

    token: str
    """A bearer token, valid as long as the sandbox is used."""
    ids: list[str]
    """The ids that were created, in order; a reset creates the same ones."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the sandbox, as `/sandbox/accounts` lists it."""

    role: str
    email: str
    password: str
    token: str
