"""What schemathesis must be told of this service: who calls it."""

import os
import re
from typing import Any

import schemathesis
from hypothesis import strategies as st

from db.session import Database
from openapi.contract import load
from openapi.security import Tokens
from tests.factories import SECRET, make_caller, make_key, make_session, make_user

ROLE = os.environ["ORDERLY_TEST_FUZZ_ROLE"]
CONTRACT = load()
PUBLIC = {operation.operation_id for operation in CONTRACT.operations if operation.is_public}
CURSOR = re.compile(CONTRACT.document["components"]["schemas"]["Cursor"]["pattern"])
DATABASE = Database(os.environ["ORDERLY_TEST_FUZZ_DATABASE"])


LABELS = st.sampled_from(
    ["shop", "a", "x-y", "9", "m\u00fcnchen", "xn--mnchen-3ya", "EXAMPLE", "b\u00fccher", "mail-2"]
)
schemathesis.openapi.format(
    "idn-email",
    st.builds(
        "{}@{}.{}".format,
        st.from_regex(r"\A[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]{1,20}(\.[0-9A-Za-z]{1,20})?\Z"),
        st.lists(LABELS, min_size=1, max_size=3).map(".".join),
        st.sampled_from(["com", "example", "test", "xn--p1ai", "\u0440\u0444"]),
    ),
)


@schemathesis.hook
def map_query(context: Any, query: Any) -> Any:
    """Leave out cursors that are well-formed but forged: no schema can say that they are signed; other tests do."""
    for name in ("cursor", "after"):
        if query and isinstance(query.get(name), str) and CURSOR.fullmatch(query[name]):
            del query[name]
    return query


@schemathesis.auth(refresh_interval=300, retry_on=[401]).apply_to(
    lambda context: context.operation.definition.raw["operationId"] not in PUBLIC
)
class Somebody:
    """Somebody of the role that is fuzzed, made anew when the fuzzer has signed him out, disabled or erased him."""

    def get(self, case: Any, context: Any) -> dict[str, str]:
        """The header that says who calls."""
        with DATABASE.writing() as session:
            user = make_user(session, f"fuzz-{os.urandom(8).hex()}", role="admin" if ROLE == "key" else ROLE)
            if ROLE == "key":
                scopes = CONTRACT.roles["admin"]
                secret = make_key(session, user, caller=make_caller(user, scopes=scopes), scopes=scopes).secret
                header = {"X-API-Key": secret}
            else:
                token, _ = Tokens(SECRET).access_token(user.id, make_session(session, user).session.id)
                header = {"Authorization": f"Bearer {token}"}
            session.commit()
        return header

    def set(self, case: Any, data: dict[str, str], context: Any) -> None:
        """Put it into a request."""
        case.headers = {**(case.headers or {}), **data}
