"""`x-idempotent`: a request with an Idempotency-Key has its effect once, however often it is sent."""

from hashlib import sha256

import orjson
from sqlalchemy.orm import Session

from orderly.contract.operation import Operation
from orderly.database import idempotency
from orderly.database.idempotency import IdempotencyKey, KeyInFlight
from orderly.http.errors import IdempotencyKeyInFlight, IdempotencyKeyReused
from orderly.http.messages import Request, Response
from orderly.security.caller import Caller

KEPT_HEADERS = ("Location", "ETag")


class IdempotencyStore:
    """Finds and keeps the answers of one operation; without a key, or for an operation that takes none, nothing."""

    def __init__(self, operation: Operation) -> None:
        self._takes_keys = operation.idempotent

    def claim(self, request: Request, caller: Caller | None) -> IdempotencyKey | None:
        """The key of a request and what it came with; None if there is nothing to find or to keep."""
        key = request.header("idempotency-key") if self._takes_keys else None
        if key is None or caller is None:
            return None
        return IdempotencyKey(caller.id, _unquoted(key), _fingerprint(request))

    def find(self, claim: IdempotencyKey, session: Session) -> Response | None:
        """The answer that was given to this request before, None if it is the first one.

        Raises:
            IdempotencyKeyReused: the key came with another request before.
            IdempotencyKeyInFlight: the first request with this key is not finished.
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

    def keep(self, claim: IdempotencyKey, session: Session, response: Response) -> None:
        """Keep an answer for the next request with the same key.

        Raises:
            IdempotencyKeyInFlight: another request with this key was finished in this very moment.
        """
        headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
        subject = response.json.get("id") if isinstance(response.json, dict) else None
        try:
            idempotency.keep(
                session, claim, status=response.status, headers=headers, body=response.body, subject_id=subject
            )
        except KeyInFlight:
            raise IdempotencyKeyInFlight from None


def _unquoted(key: str) -> str:
    """The draft writes the key as a string of RFC 8941, in quotes; most clients leave them out."""
    return key[1:-1] if len(key) > 2 and key[0] == key[-1] == '"' else key


def _fingerprint(request: Request) -> str:
    body = orjson.dumps(request.body, option=orjson.OPT_SORT_KEYS)
    return sha256(
        b"\n".join([request.method.encode(), request.path.encode(), request.query.encode(), body])
    ).hexdigest()
