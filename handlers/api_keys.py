"""Operations of the tag api-keys: keys for programs."""

from datetime import timedelta

from sqlalchemy.orm import Session

from db import api_keys
from db.api_keys import ApiKey, CreatedApiKey
from handlers import contract_types
from orderly import Caller, Page
from orderly.times import parse_time, rfc3339


def list_api_keys(*, caller: Caller) -> Page[contract_types.ApiKey]:
    """List the caller's unexpired API keys, newest first."""
    return Page(api_keys.unexpired(api_keys.visible_to(caller)), _serialize, [ApiKey.id])


def create_api_key(
    body: contract_types.ApiKeyCreate, *, session: Session, caller: Caller
) -> contract_types.ApiKeyCreated:
    """Create an API key, and return its secret once."""
    expires_at = parse_time(body["expires_at"]) if "expires_at" in body else None
    created = api_keys.create(session, caller, name=body["name"], scopes=body["scopes"], expires_at=expires_at)
    return _with_secret(created)


def rotate_api_key(
    body: contract_types.ApiKeyRotate, *, key_id: str, session: Session, caller: Caller
) -> contract_types.ApiKeyCreated:
    """Replace an API key; the old one keeps working during the overlap."""
    key = api_keys.get_unexpired(session, key_id, caller)
    return _with_secret(api_keys.rotate(session, key, caller, overlap=timedelta(seconds=body["overlap_seconds"])))


def revoke_api_key(*, key_id: str, session: Session, caller: Caller) -> None:
    """Revoke one of the caller's API keys."""
    api_keys.revoke(session, key_id, caller)


def _with_secret(created: CreatedApiKey) -> contract_types.ApiKeyCreated:
    return {**_serialize(created.key), "secret": created.secret}


def _serialize(key: ApiKey) -> contract_types.ApiKey:
    return {
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": key.scopes,
        "created_at": rfc3339(key.created_at),
        "expires_at": rfc3339(key.expires_at) if key.expires_at else None,
        "last_used_at": rfc3339(key.last_used_at) if key.last_used_at else None,
    }
