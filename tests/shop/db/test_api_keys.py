"""API keys: form, scopes and end."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db import api_keys
from db.api_keys import ApiKey, ApiKeyStatus, ScopeNotHeld
from orderly.clock import now
from tests.shop.factories import make_caller, make_key, make_user

SECOND = timedelta(seconds=1)


def changed(secret: str, at: int) -> str:
    """Return the secret with one character changed."""
    other = "1" if secret[at] != "1" else "2"
    return secret[:at] + other + secret[at + 1 :]


def status_of(session: Session, secret: str) -> ApiKeyStatus:
    """Return the status of a valid key."""
    status = api_keys.find_status(session, secret)
    assert status is not None, "the key is invalid"
    return status


class TestSecret:
    def test_secret_has_the_form_that_scanners_detect(self) -> None:
        secret = api_keys.make_secret("key_01kgepztw0edqrb018tr4sjm6r")
        assert re.fullmatch(r"ok_tr4sjm6r_[0-9A-Za-z]{38}", secret)
        assert api_keys.well_formed(secret)

    def test_examples_of_the_contract_are_well_formed(self) -> None:
        assert api_keys.well_formed("ok_tr4sjm6r_FbY8NwcUeb4c0wrUGZECjUYrZUPet9Ee0v7mwp")

    def test_typo_is_detected_without_a_query(self) -> None:
        secret = api_keys.make_secret("key_01kgepztw0edqrb018tr4sjm6r")
        assert not any(api_keys.well_formed(changed(secret, at)) for at in range(len(secret)))

    def test_valid_checksum_alone_is_not_enough(self) -> None:
        body = "ok_\0r4sjm6r_" + "x" * 32
        assert not api_keys.well_formed(body + api_keys._checksum(body))

    @pytest.mark.parametrize("text", ["", "ok_", "x" * 50, "ok_tr4sjm6r_" + "é" * 38, "ok_" + "\ud800" * 47])
    def test_other_texts_are_malformed(self, text: str) -> None:
        assert not api_keys.well_formed(text)


class TestCreate:
    def test_only_prefix_and_hash_are_kept(self, session: Session) -> None:
        key, secret = make_key(session, make_user(session))
        row = session.execute(select(*ApiKey.__table__.columns)).one()
        assert key.prefix == f"ok_{key.id[-8:]}" == secret[:11]
        assert not any(secret in str(value) or secret[12:] in str(value) for value in row)

    def test_key_created_by_a_key_has_no_more_scopes(self, session: Session) -> None:
        caller = make_caller(make_user(session), scopes=frozenset({"orders:read", "api-keys:write"}), key_id="key_1")
        with pytest.raises(ScopeNotHeld):
            api_keys.create(session, caller, name="child", scopes=["me:read"])


class TestFindStatus:
    def test_other_secret_with_the_same_prefix_is_invalid(self, session: Session) -> None:
        key, secret = make_key(session, make_user(session))
        other = api_keys.make_secret(key.id)
        assert other[:11] == secret[:11]
        assert api_keys.find_status(session, other) is None

    def test_two_keys_with_one_prefix_are_both_found(self, session: Session) -> None:
        alice, charlie = make_user(session), make_user(session, "charlie")
        first, second = make_key(session, alice), make_key(session, charlie)
        secret = api_keys.make_secret(first.key.id)
        second.key.prefix, second.key.secret_hash = secret[:11], api_keys._hash(secret)
        session.flush()
        assert status_of(session, first.secret).user_id == alice.id
        assert status_of(session, secret).user_id == charlie.id

    def test_key_is_invalid_from_its_expiry_on(self, session: Session) -> None:
        at = now()
        secret = make_key(session, make_user(session), at=at - SECOND, expires_at=at).secret
        assert api_keys.find_status(session, secret, at=at - SECOND) is not None
        assert api_keys.find_status(session, secret, at=at) is None

    def test_last_use_is_kept_to_the_minute(self, session: Session) -> None:
        key, secret = make_key(session, make_user(session))
        at = now().replace(second=30)
        assert api_keys.needs_last_used_update(status_of(session, secret), at=at)
        api_keys.touch(session, key.id, at=at)
        status = status_of(session, secret)
        assert status.last_used_at == at.replace(second=0, microsecond=0)
        assert not api_keys.needs_last_used_update(status, at=at + 29 * SECOND)
        assert api_keys.needs_last_used_update(status, at=at + 30 * SECOND)


class TestRotate:
    def test_the_old_key_ends_after_the_overlap(self, session: Session) -> None:
        alice, at = make_user(session), now()
        old, old_secret = make_key(session, alice, expires_at=at + timedelta(days=30))
        overlap = timedelta(hours=1)
        new, new_secret = api_keys.rotate(session, old, make_caller(alice), overlap=overlap, at=at)
        assert (new.name, new.scopes, new.expires_at) == (old.name, old.scopes, at + timedelta(days=30))
        assert new.id != old.id
        assert api_keys.find_status(session, old_secret, at=at + overlap - SECOND) is not None
        assert api_keys.find_status(session, old_secret, at=at + overlap) is None
        assert api_keys.find_status(session, new_secret, at=at + overlap) is not None

    def test_overlap_extends_no_key(self, session: Session) -> None:
        alice, at = make_user(session), now()
        old = make_key(session, alice, expires_at=at + SECOND).key
        api_keys.rotate(session, old, make_caller(alice), overlap=timedelta(hours=1), at=at)
        assert old.expires_at == at + SECOND

    def test_lost_scope_cannot_be_renewed(self, session: Session) -> None:
        alice = make_user(session)
        old = make_key(session, alice).key
        with pytest.raises(ScopeNotHeld):
            api_keys.rotate(session, old, make_caller(alice, scopes=frozenset()), overlap=timedelta())
        assert old.expires_at is None


def test_purge_deletes_expired_and_revoked_keys(session: Session) -> None:
    alice, at = make_user(session), now()
    kept = [make_key(session, alice).key.id, make_key(session, alice, expires_at=at + SECOND).key.id]
    make_key(session, alice, at=at - SECOND, expires_at=at)
    revoked = make_key(session, alice).key
    api_keys.revoke(session, revoked.id, make_caller(alice))
    assert api_keys.purge(session, at=at) == 2
    assert sorted(session.scalars(select(ApiKey.id))) == sorted(kept)
    assert api_keys.purge(session, at=at) == 0
