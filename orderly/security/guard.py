"""Who is calling, and whether the contract lets him: the only code that reads credentials."""

import re
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

import jwt

from db import api_keys, sessions
from db.users import Caller
from orderly.contract.model import Operation
from orderly.database.connections import Rows
from orderly.database.database import Database
from orderly.database.models import new_id
from orderly.errors import Forbidden, Unavailable
from orderly.http.errors import AmbiguousCredentials, InvalidCredential, MissingCredential
from orderly.http.messages import Request
from orderly.http.problems import to_domain_error

ISSUER = AUDIENCE = "orderly"
TYPE = "at+jwt"
"""The `typ` of an access token (RFC 9068, 2.1), which no other token of ours can have."""
LIFETIME = timedelta(minutes=10)
LEEWAY = timedelta(seconds=10)
"""How far the clocks of two machines may be apart."""
TOKEN_CACHE_SIZE = 1024
"""Tokens that are remembered as ours, some 2 MiB of them; whether their sessions go on is asked in every request."""
COMPACT = re.compile(r"(?:[A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]+")
"""How a token is written (RFC 7515, 7.1): PyJWT would take padding too, so that one token had several texts."""
TEXTS, TIMES = ("iss", "aud", "sub", "sid", "jti"), ("iat", "exp")


class Tokens:
    """Makes and reads access tokens: JWTs signed with HS256 and nothing else (RFC 8725, 3.1)."""

    def __init__(self, secret: str, lifetime: timedelta = LIFETIME) -> None:
        self._secret = secret
        self._lifetime = int(lifetime.total_seconds())
        self._verified = lru_cache(TOKEN_CACHE_SIZE)(self._verify)

    def access_token(self, user_id: str, session_id: str) -> tuple[str, int]:
        """A token for a session, and its lifetime in seconds."""
        # Of the real clock, whatever that of the shop is: the client who looks into it has no other.
        issued = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user_id, "sid": session_id, "jti": new_id("tok")}
        times = {"iat": issued, "exp": issued + self._lifetime}
        return jwt.encode({**claims, **times}, self._secret, algorithm="HS256", headers={"typ": TYPE}), self._lifetime

    def read(self, token: str) -> tuple[str, str]:
        """The user id and the session id of a token.

        Raises:
            InvalidCredential: it is not one of ours, or not valid now.
        """
        verified = self._verified(token)
        if verified.expires <= time.time() - LEEWAY.total_seconds():
            raise InvalidCredential
        return verified.user_id, verified.session_id

    def _verify(self, token: str) -> "_Verified":
        """What a token says. Its signature stays true, so it is checked when the token comes for the first time."""
        if not COMPACT.fullmatch(token):
            raise InvalidCredential
        try:
            decoded = jwt.decode_complete(
                token,
                self._secret,
                algorithms=["HS256"],
                issuer=ISSUER,
                audience=AUDIENCE,
                leeway=LEEWAY,
                options={"require": [*TEXTS, *TIMES], "strict_aud": True},
            )
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            raise InvalidCredential from None
        claims = decoded["payload"]
        # PyJWT takes a time written as a string, and any `typ`; PostgreSQL takes no U+0000.
        typed = all(type(claims[name]) is str and claims[name].isprintable() for name in TEXTS)
        typed = typed and all(type(claims[name]) is int for name in TIMES)
        if decoded["header"].get("typ") != TYPE or not typed:
            raise InvalidCredential
        return _Verified(claims["sub"], claims["sid"], claims["exp"])


class _Verified(NamedTuple):
    user_id: str
    session_id: str
    expires: int


class Credentials:
    """Finds the caller of a credential as things are at this moment: nothing about a caller is remembered."""

    def __init__(self, database: Database, tokens: Tokens, roles: Mapping[str, frozenset[str]]) -> None:
        self._database = database
        self._tokens = tokens
        self._roles = roles

    def of_token(self, token: str, rows: Rows) -> Caller:
        """The caller of an access token."""
        user_id, session_id = self._tokens.read(token)
        state = sessions.find_session_status(rows, session_id, user_id)
        if state is None:
            raise InvalidCredential
        return Caller(user_id, state.role, self._roles[state.role], session_id=session_id)

    def of_key(self, secret: str, rows: Rows) -> Caller:
        """The caller of an API key, who has no more than the scopes of the key and of the owner's role."""
        state = api_keys.find_status(rows, secret)
        if state is None:
            raise InvalidCredential
        if api_keys.needs_last_used_update(state):
            self._touch(state.key_id)
        return Caller(state.user_id, state.role, self._roles[state.role] & state.scopes, key_id=state.key_id)

    def _touch(self, key_id: str) -> None:
        """Note the use; a request does not fail because that could not be written."""
        try:
            with self._database.writing() as session:
                api_keys.touch(session, key_id)
                session.commit()
        except Exception as error:
            if not isinstance(to_domain_error(error), Unavailable):
                raise


class Guard:
    """Lets the callers of one operation through, as the contract's `security` says."""

    def __init__(self, operation: Operation, credentials: Credentials) -> None:
        self._credentials = credentials
        self._alternatives = operation.security
        self._is_public = operation.is_public
        self._is_optional = any(not alternative for alternative in operation.security)

    def admit(self, request: Request, rows: Rows) -> Caller | None:
        """The caller; None where the operation is public.

        Raises:
            AmbiguousCredentials: more than one credential was sent.
            MissingCredential: none was sent, and the operation asks for one.
            InvalidCredential: it is not valid here and now.
            Forbidden: it is valid, but has not the scopes; this is decided before anything is looked up.
        """
        if self._is_public:
            return None
        credential = _credential(request)
        if credential is None:
            if self._is_optional:
                return None
            raise MissingCredential
        scheme, secret = credential
        find = self._credentials.of_token if scheme == "bearer" else self._credentials.of_key
        caller = find(secret, rows)
        if not any(scheme in each and caller.scopes.issuperset(each[scheme]) for each in self._alternatives):
            raise Forbidden
        return caller


def _credential(request: Request) -> tuple[str, str] | None:
    """The scheme and the secret of the only credential of a request, None if there is none."""
    authorizations = request.headers.get("authorization", [])
    keys = request.headers.get("x-api-key", [])
    if len(authorizations) + len(keys) > 1:
        raise AmbiguousCredentials
    if keys:
        return "apiKey", keys[0]
    if not authorizations:
        return None
    scheme, _, token = authorizations[0].partition(" ")
    if scheme.lower() != "bearer":
        raise InvalidCredential
    return "bearer", token.strip()
