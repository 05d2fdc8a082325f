"""The callers of these tests."""

import pytest
from sqlalchemy.orm import Session

from orderly import Caller
from tests.shop.factories import make_caller, make_user


@pytest.fixture
def alice(session: Session) -> Caller:
    """A customer."""
    return make_caller(make_user(session, "alice"))


@pytest.fixture
def bob(session: Session) -> Caller:
    """A member of staff."""
    return make_caller(make_user(session, "bob"))
