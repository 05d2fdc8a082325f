"""Access tokens: JWTs for ten minutes of a session.

The session is checked on every request.
"""

import re
import time
from datetime import timedelta
from functools import lru_cache
from typing import NamedTuple

import jwt

from orderly.clock import new_id

ISSUER = AUDIENCE = "orderly"
TYPE = "at+jwt"
"""The `typ` header of an access token (RFC 9068, 2.1), which no other token of the shop has."""
LIFETIME = timedelta(minutes=10)
LEEWAY = timedelta(seconds=10)
"""Accepted difference between the clocks of two machines."""
TOKEN_CACHE_SIZE = 1024
"""Size of the verified-token cache (about 2 MiB). The session is still checked on every request."""
COMPACT = re.compile(r"(?:[A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]+")
"""The compact serialization (RFC 7515, 7.1). PyJWT also accepts padding, which would give one token several texts."""
TEXTS, TIMES = ("iss", "aud", "sub", "sid", "jti"), ("iat", "exp")


class InvalidAccessToken(Exception):
    """A text that is not a valid access token of this service."""


class AccessTokens:
    """Access tokens of a secret, signed with HS256 only (RFC 8725, 3.1)."""

    def __init__(self, secret: str, lifetime: timedelta = LIFETIME) -> None:
        self._secret = secret
        self._lifetime = int(lifetime.total_seconds())
        self._verified = lru_cache(TOKEN_CACHE_SIZE)(self._verify)

    def issue(self, user_id: str, session_id: str) -> tuple[str, int]:
        """Return a token for a session and its lifetime in seconds."""
        # The time is the real one even if the shop's clock differs, because a client that reads the token compares it
        # with its own clock.
        issued = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": user_id, "sid": session_id, "jti": new_id("tok")}
        times = {"iat": issued, "exp": issued + self._lifetime}
        return jwt.encode({**claims, **times}, self._secret, algorithm="HS256", headers={"typ": TYPE}), self._lifetime

    def read(self, token: str) -> tuple[str, str] | None:
        """Return user id and session id of a valid token, or None."""
        try:
            verified = self._verified(token)
        except InvalidAccessToken:
            return None
        if verified.expires <= time.time() - LEEWAY.total_seconds():
            return None
        return verified.user_id, verified.session_id

    def _verify(self, token: str) -> "_Verified":
        """Verify a token, and return its claims.

        The result is cached, because a valid signature remains valid. The caller checks the expiry.
        """
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
        # PyJWT accepts times that are strings, and any `typ`. PostgreSQL rejects U+0000.
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
    """Return the access tokens of a secret, with their cache."""
    return AccessTokens(secret)
