"""Serialization of accounts, shared by the tags me and users."""

from typing import cast

from db.users import User
from handlers import contract_types
from orderly.times import rfc3339


def serialize(user: User) -> contract_types.User:
    """Return the contract's `User`.

    An erased account, without address and name, is visible to no caller.
    """
    return {
        "id": user.id,
        "email": cast("str", user.email),
        "name": cast("str", user.name),
        "role": user.role,
        "status": user.status,
        "version": user.version,
        "created_at": rfc3339(user.created_at),
        "updated_at": rfc3339(user.updated_at),
    }
