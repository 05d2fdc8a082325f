"""How an account looks, to its owner and to those who run the shop."""

from typing import Any

from db.base import rfc3339
from db.users import User


def shape(user: User) -> dict[str, Any]:
    """The contract's `User`."""
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "status": user.status,
        "version": user.version,
        "created_at": rfc3339(user.created_at),
        "updated_at": rfc3339(user.updated_at),
    }
