"""Access tokens: JWTs of ten minutes for a session, which is checked again on every request."""

import re
import time
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

import jwt

from orderly.clock import new_id

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


class InvalidAccessToken(Exception):
    """A text that is not an access token of this service."""


class AccessTokens:
    """Makes and reads access tokens: JWTs signed with HS256 and nothing else (RFC 8725, 3.1)."""

    def __init__(self, secret: str, lifetime: timedelta = LIFETIME) -> None:
        self._secret = secret
        self._lifetime = int(lifetime.total_seconds())
        self._verified = lru_cache(TOKEN_CACHE_SIZE)(self._verify)

    def issue(self, user_id: str, session_id: str) -> tuple[str, int]:
        """A token for a session, and its lifetime in seconds."""
        # Of the real clock, whatever that of the shop is: the client who looks into it has no other.
        issued = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user_id, "sid": session_id, "jti": new_id("tok")}
        times = {"iat": issued, "exp": issued + self._lifetime}
        return jwt.encode({**claims, **times}, self._secret, algorithm="HS256", headers={"typ": TYPE}), self._lifetime

    def read(self, token: str) -> tuple[str, str] | None:
        """Return the user id and the session id of a token; None if it is not one of ours, or not valid now."""
        try:
            verified = self._verified(token)
        except InvalidAccessToken:
            return None
        if verified.expires <= time.time() - LEEWAY.total_seconds():
            return None
        return verified.user_id, verified.session_id

    def _verify(self, token: str) -> "_Verified":
        """What a token says. Its signature stays true, so it is checked when the token comes for the first time."""
        if not COMPACT.fullmatch(token):
            raise InvalidAccessToken
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
            raise InvalidAccessToken from None
        claims = decoded["payload"]
        # PyJWT takes a time written as a string, and any `typ`; PostgreSQL takes no U+0000.
        typed = all(type(claims[name]) is str and claims[name].isprintable() for name in TEXTS)
        typed = typed and all(type(claims[name]) is int for name in TIMES)
        if decoded["header"].get("typ") != TYPE or not typed:
            raise InvalidAccessToken
        return _Verified(claims["sub"], claims["sid"], claims["exp"])


class _Verified(NamedTuple):
    user_id: str
    session_id: str
    expires: int


@lru_cache(2)
def access_tokens(secret: str) -> AccessTokens:
    """Return the access tokens of a secret; verified tokens are remembered."""
    return AccessTokens(secret)
