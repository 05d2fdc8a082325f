"""Hooks of schemathesis for this service: the caller of each request."""

import os
from typing import Any

import schemathesis
from hypothesis import strategies as st

from db.access_tokens import AccessTokens
from orderly.database.database import Database
from tests.settings import SECRET
from tests.shop.application import CONTRACT
from tests.shop.factories import make_caller, make_key, make_session, make_user

ROLE = os.environ["ORDERLY_TEST_FUZZ_ROLE"]
PUBLIC = {operation.operation_id for operation in CONTRACT.operations if operation.is_public}
CREDENTIALS = ("authorization", "x-api-key")
DATABASE = Database(os.environ["ORDERLY_TEST_FUZZ_DATABASE"])


LABELS = st.sampled_from(
    ["shop", "a", "x-y", "9", "m\u00fcnchen", "xn--mnchen-3ya", "EXAMPLE", "b\u00fccher", "mail-2"]
)
schemathesis.openapi.format(
    "email",
    st.builds(
        "{}@{}.{}".format,
        st.from_regex(r"\A[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]{1,20}(\.[0-9A-Za-z]{1,20})?\Z"),
        st.lists(LABELS, min_size=1, max_size=3).map(".".join),
        st.sampled_from(["com", "example", "test", "xn--p1ai", "\u0440\u0444"]),
    ),
)


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Skip forged but well-formed cursors.

    No schema can express that cursors are signed; other tests cover that.
    """
    if case.meta is None or case.meta.generation.mode.is_positive:
        for name in ("cursor", "after"):
            if isinstance((case.query or {}).get(name), str):
                del case.query[name]


@schemathesis.auth(refresh_interval=300, retry_on=[401]).apply_to(
    lambda context: context.operation.definition.raw["operationId"] not in PUBLIC
)
class UserCredentials:
    """Credentials of a user of the fuzzed role.

    The user is created again when the fuzzer has signed it out, disabled or erased it.
    """

    def get(self, case: Any, context: Any) -> dict[str, str]:
        """Return the header with the caller's credential."""
        with DATABASE.writing() as session:
            user = make_user(session, f"fuzz-{os.urandom(8).hex()}", role="admin" if ROLE == "key" else ROLE)
            if ROLE == "key":
                scopes = CONTRACT.roles["admin"]
                secret = make_key(session, user, caller=make_caller(user, scopes=scopes), scopes=scopes).secret
                header = {"X-API-Key": secret}
            else:
                token, _ = AccessTokens(SECRET).issue(user.id, make_session(session, user).session.id)
                header = {"Authorization": f"Bearer {token}"}
            session.commit()
        return header

    def set(self, case: Any, data: dict[str, str], context: Any) -> None:
        """Put it into a request, instead of what was generated."""
        others = {name: value for name, value in (case.headers or {}).items() if name.lower() not in CREDENTIALS}
        case.headers = {**others, **data}
