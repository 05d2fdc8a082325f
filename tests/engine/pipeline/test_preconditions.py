"""If-Match and If-None-Match: lists of entity tags (RFC 9110, 8.8.3); anything else matches nothing."""

import pytest


@pytest.fixture
def alice(sign_in):
    return sign_in("alice")


@pytest.mark.parametrize(
    "tags",
    ['"1"', 'W/"1"', '"0", "1"', '"0",W/"1"', ', "1" ,,"0"', '"a,b", "1"', "*", " * "],
)
def test_the_version_that_the_client_has_is_not_told_again(alice, tags):
    assert alice.get("/v1/me", {"If-None-Match": tags}).status == 304


NO_LISTS = ["1", '"1', 'w/"1"', 'x"1"', '"1"x', '"0""1"', '"0" "1"', "'\"1\"'", '*, "1"', '"*"', ",", "W/*"]


@pytest.mark.parametrize("tags", NO_LISTS)
def test_what_is_no_list_of_tags_names_no_version(alice, tags):
    assert alice.get("/v1/me", {"If-None-Match": tags}).status == 200
    assert alice.patch("/v1/me", {"name": "Alicia"}, {"If-Match": tags}).code == "precondition_failed"


@pytest.mark.parametrize("tags", ['"0", "1"', '"1",', "*"])
def test_one_of_the_versions_that_may_be_changed_is_enough(alice, tags):
    assert alice.patch("/v1/me", {"name": "Alicia"}, {"If-Match": tags}).status == 200
