"""The headers If-Match and If-None-Match (RFC 9110, 8.8.3)."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from orderly import ReadSession
from tests.asgi import Client
from tests.engine.application import HANDLERS, Thing, get_thing
from tests.engine.conftest import Serve

JUG = {"name": "jug"}
LISTS = ['"1"', '"0", "1"', ', "1" ,,"0"', '"a,b", "1"', "*", " * "]
NO_LISTS = ["1", '"1', 'w/"1"', 'x"1"', '"1"x', '"0""1"', '"0" "1"', "'\"1\"'", '*, "1"', '"*"', ",", "W/*"]


class TestIfNoneMatch:
    @pytest.mark.parametrize("tags", [*LISTS, 'W/"1"', '"0",W/"1"'])
    def test_the_current_version_is_not_sent_again(self, client: Client, thing: str, tags: str) -> None:
        answer = client.get(thing, {"If-None-Match": tags})

        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", '"1"')

    @pytest.mark.parametrize("tags", ['"2"', *NO_LISTS])
    def test_another_version_is_sent(self, client: Client, thing: str, tags: str) -> None:
        assert client.get(thing, {"If-None-Match": tags}).status == 200


class TestIfMatch:
    @pytest.mark.parametrize("tags", LISTS)
    def test_the_current_version_is_changed(self, alice: Client, thing: str, tags: str) -> None:
        answer = alice.patch(thing, JUG, {"If-Match": tags})

        assert (answer.status, answer.headers["etag"]) == (200, '"2"')

    @pytest.mark.parametrize("tags", ['"0"', 'W/"1"', *NO_LISTS])
    @pytest.mark.parametrize("method", ["PATCH", "PUT"])
    def test_another_version_is_not_changed(self, alice: Client, thing: str, method: str, tags: str) -> None:
        answer = alice(method, thing, JUG, {"If-Match": tags})

        assert (answer.status, answer.code) == (412, "precondition_failed")
        assert alice.get(thing).json["version"] == 1

    def test_a_required_header_that_is_missing_is_428(self, alice: Client, thing: str) -> None:
        assert alice.patch(thing, JUG).code == "precondition_required"

    def test_an_optional_header_may_be_missing(self, alice: Client, thing: str) -> None:
        assert alice.put(thing, JUG).status == 200

    def test_something_that_does_not_exist_is_404(self, alice: Client) -> None:
        assert alice.patch("/v1/things/thg_absent", JUG, {"If-Match": "*"}).code == "not_found"

    @pytest.mark.parametrize(("tag", "status"), [('"0"', 412), ('"1"', 200)])
    def test_an_unused_write_session_is_checked_too(self, serve: Serve, thing: str, tag: str, status: int) -> None:
        def replace_thing(thing_id: str, *, session: Session, reads: ReadSession) -> dict[str, Any]:
            return get_thing(thing_id, session=reads)

        alice = serve({**HANDLERS, "replace_thing": replace_thing}).signed_in("alice")

        assert alice.put(thing, JUG, {"If-Match": tag}).status == status

    def test_slow_work_comes_before_the_check(self, serve: Serve, thing: str) -> None:
        def replace_thing(thing_id: str, *, session: Session, reads: ReadSession) -> Thing:
            done.append(get_thing(thing_id, session=reads))
            return session.get_one(Thing, thing_id)

        done: list[dict[str, Any]] = []
        alice = serve({**HANDLERS, "replace_thing": replace_thing}).signed_in("alice")

        assert alice.put(thing, JUG, {"If-Match": '"0"'}).code == "precondition_failed"
        assert len(done) == 1
