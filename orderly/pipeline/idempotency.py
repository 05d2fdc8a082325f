"""Idempotency keys (`x-idempotent`): a repeated request returns the response of the first."""

from hashlib import sha256

import orjson
from sqlalchemy.orm import Session

from orderly.contract.operation import Operation
from orderly.database import idempotency
from orderly.database.idempotency import IdempotencyKey, KeyInFlight
from orderly.http.errors import IdempotencyKeyInFlight, IdempotencyKeyReused
from orderly.http.messages import Request, Response
from orderly.security.caller import Caller

STORED_HEADERS = ("Location", "ETag")
"""Response headers to store; the others are computed for each response."""


class IdempotencyStore:
    """Stored responses of one operation, by idempotency key."""

    def __init__(self, operation: Operation) -> None:
        self._takes_keys = operation.idempotent

    def claim(self, request: Request, caller: Caller | None) -> IdempotencyKey | None:
        """Return the key of a request, or None."""
        key = request.header("idempotency-key") if self._takes_keys else None
        if key is None or caller is None:
            return None
        return IdempotencyKey(caller.id, _unquoted(key), _fingerprint(request))

    def find(self, claim: IdempotencyKey, session: Session) -> Response | None:
        """Return the stored response, or None for the first request.

        Raises:
            IdempotencyKeyReused: the key was used for another request.
            IdempotencyKeyInFlight: the first request with this key is still in progress.
        """
        try:
            record = idempotency.find(session, claim)
        except KeyInFlight:
            raise IdempotencyKeyInFlight from None
        if record is None:
            return None
        if record.fingerprint != claim.fingerprint:
            raise IdempotencyKeyReused
        headers = {**record.headers, "Idempotency-Replayed": "true"}
        return Response(record.status, headers, record.body, orjson.loads(record.body))

    def store(self, claim: IdempotencyKey, session: Session, response: Response) -> None:
        """Store the response for repeated requests with the key.

        Raises:
            IdempotencyKeyInFlight: another request with this key has just stored its response.
        """
        headers = {name: response.headers[name] for name in STORED_HEADERS if name in response.headers}
        subject = response.json.get("id") if isinstance(response.json, dict) else None
        try:
            idempotency.keep(
                session, claim, status=response.status, headers=headers, body=response.body, subject_id=subject
            )
        except KeyInFlight:
            raise IdempotencyKeyInFlight from None


def _unquoted(key: str) -> str:
    """Remove quotes. The draft defines the key as a string of RFC 8941; most clients omit them."""
    return key[1:-1] if len(key) > 2 and key[0] == key[-1] == '"' else key


def _fingerprint(request: Request) -> str:
    body = orjson.dumps(request.body, option=orjson.OPT_SORT_KEYS)
    return sha256(
        b"\n".join([request.method.encode(), request.path.encode(), request.query.encode(), body])
    ).hexdigest()
