"""How an account looks, to its owner and to those who run the shop."""

from typing import cast

from db.users import User
from handlers import contract_types
from orderly.times import rfc3339


def serialize(user: User) -> contract_types.User:
    """The contract's `User`. An erased account, which has neither address nor name, is visible to nobody."""
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
