"""The contract's rate limits in one process, and their headers, read as RFC 9651 has it."""

import signal

import http_sf
import pytest
import time_machine

from db.access_tokens import AccessTokens
from orderly.rate_limiting.limiter import _network_prefix
from tests.applications import SHOP
from tests.asgi import Client
from tests.redis_server import redis_server
from tests.shop.api_helpers import log_in
from tests.shop.application import CONTRACT
from tests.shop.factories import SECRET, make_session, make_user

WRONG = "a wrong password"


@pytest.fixture(scope="module")
def shop():
    """The real contract, read once, and its handlers."""
    contract = CONTRACT
    return {each.operation_id: SHOP.handler(each) for each in contract.operations}, contract


@pytest.fixture
def limited(serve, shop):
    """Serves the shop with its limits on."""

    def limited(**given):
        return serve(*shop, rate_limits=True, **given)

    return limited


@pytest.fixture
def member(database):
    """Makes somebody who is signed in at a service."""

    def member(client, name):
        with database.writing() as session:
            user = make_user(session, name)
            started = make_session(session, user).session
            session.commit()
        token, _ = AccessTokens(SECRET).issue(user.id, started.id)
        return client.signed_in(token, user)

    return member


def at(client, address):
    return Client(client.app, client.own, address)


def exhaust(client):
    """Ten times more than nobody may: the eleventh is one too many."""
    return [client.put("/v1/me/password", {}) for _ in range(11)]


def quota_of(answer):
    """What the two headers say, as `(remaining, seconds)` and `(quota, window)`."""
    [(name, left)] = http_sf.parse(answer.headers["ratelimit"].encode(), tltype="list")
    [(policy, quota)] = http_sf.parse(answer.headers["ratelimit-policy"].encode(), tltype="list")
    assert name == policy == "default"
    return (left["r"], left["t"]), (quota["q"], quota["w"])


class TestHeaders:
    def test_they_count_down_to_the_refusal(self, limited, member):
        answers = exhaust(member(limited(), "alice"))
        assert [answer.status for answer in answers] == [400] * 10 + [429]
        assert [quota_of(answer)[0][0] for answer in answers] == [*range(9, -1, -1), 0]
        assert {quota_of(answer)[1] for answer in answers} == {(10, 60)}
        assert answers[-1].code == "rate_limited"

    def test_who_waits_as_long_as_he_is_told_is_served(self, limited, member):
        with time_machine.travel(1_800_000_000.75, tick=False) as clock:
            alice = member(limited(), "alice")
            assert exhaust(alice)[-1].status == 429
            clock.shift(59.5)
            refused = alice.put("/v1/me/password", {})
            assert (refused.status, refused.headers["retry-after"], quota_of(refused)[0]) == (429, "1", (0, 1))
            clock.shift(int(refused.headers["retry-after"]))
            served = alice.put("/v1/me/password", {})
            assert (served.status, quota_of(served)) == (400, ((9, 60), (10, 60)))

    @pytest.mark.parametrize("step", [3600, -3600])
    def test_a_clock_that_jumps_locks_nobody_out(self, limited, member, step):
        alice = member(limited(), "alice")
        with time_machine.travel(1_800_000_000, tick=False) as clock:
            token = member(alice, "charlie")  # signed in before
            assert exhaust(token)[-1].status == 429
            clock.shift(step)
            answer = log_in(alice)
            assert (answer.status, quota_of(answer)) == (201, ((9, 60), (10, 60)))
            again = alice.signed_in(answer.json["access_token"])
            assert [int(a.headers.get("retry-after", 60)) for a in exhaust(again)] == [60] * 11

    def test_without_limits_there_are_none(self, serve, limited, member):
        alice = member(limited(rate_limits=False), "alice") if False else member(limited(), "alice")
        assert "ratelimit" not in alice.get("/v1/health/live").headers


class TestBuckets:
    def test_who_has_used_up_his_own_leaves_others_and_health_alone(self, limited, member):
        alice = member(limited(), "alice")
        charlie = member(alice, "charlie")
        assert exhaust(alice)[-1].status == 429
        assert alice.get("/v1/me").status == 200
        assert quota_of(charlie.put("/v1/me/password", {})) == ((9, 60), (10, 60))
        assert {alice.get(f"/v1/health/{probe}").status for probe in ("live", "ready") for _ in range(20)} == {200}

    def test_flooding_a_login_locks_its_owner_out_nowhere_else(self, limited, member):
        service = limited()
        alice = member(service, "alice")
        flood = [log_in(service, password=WRONG) for _ in range(30)]
        assert [answer.status for answer in flood] == [401] * 10 + [429] * 20
        assert log_in(at(service, "192.0.2.7")).status == 201
        assert alice.get("/v1/me").status == 200

    def test_one_address_cannot_try_many_accounts(self, limited):
        service = limited()
        tried = [log_in(service, f"user-{n}@example.com", WRONG).status for n in range(61)]
        assert (tried.count(401), tried[-1]) == (60, 429)

    def test_an_account_is_one_however_its_address_is_written(self, limited):
        service = limited()
        forms = ["alice@bücher.example", "ALICE@Bücher.example", "alice@xn--bcher-kva.example"]
        assert [log_in(service, forms[n % 3], WRONG).status for n in range(11)] == [401] * 10 + [429]

    def test_an_ipv6_network_is_one_address(self):
        assert (
            _network_prefix("2001:db8::1")
            == _network_prefix("2001:db8:0:0:ffff::2")
            != _network_prefix("2001:db8:0:1::1")
        )
        assert _network_prefix("192.0.2.1") == "192.0.2.1"


class TestProxies:
    REFRESH = ("/v1/tokens/refresh", {"refresh_token": "x" * 43})

    @pytest.mark.parametrize(
        ("trusted", "peer", "expected"),
        [
            ("", "10.0.0.1", 429),
            ("10.0.0.0/8", "10.0.0.1", 401),
            ("10.0.0.0/8", "192.0.2.1", 429),
        ],
        ids=["none is trusted", "by a trusted one", "not by a trusted one"],
    )
    def test_their_word_counts_only_where_they_are_trusted(self, limited, trusted, peer, expected):
        caller = at(limited(trusted_proxies=trusted), peer)
        answers = [caller.post(*self.REFRESH, {"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(61)]
        assert answers[-1].status == expected

    def test_what_the_client_wrote_before_a_proxy_did_counts_nothing(self, limited):
        caller = at(limited(trusted_proxies="10.0.0.0/8"), "10.0.0.1")
        answers = [caller.post(*self.REFRESH, {"X-Forwarded-For": f"198.51.100.{n}, 192.0.2.1"}) for n in range(61)]
        assert answers[-1].status == 429

    def test_a_proxy_that_says_nothing_is_the_client_itself(self, limited):
        service = limited(trusted_proxies="10.0.0.0/8")
        answers = [at(service, f"10.0.0.{n}").post(*self.REFRESH).status for n in range(61)]
        assert answers == [401] * 61


@pytest.mark.needs("redis-server")
class TestRedis:
    def test_two_processes_count_together(self, limited, member, tmp_path):
        with redis_server(tmp_path) as redis:
            here, there = (limited(redis_url=redis.url) for _ in range(2))
            alice = member(here, "alice")
            beside = there.signed_in(alice.own["Authorization"].removeprefix("Bearer "))
            answers = [each.put("/v1/me/password", {}).status for _ in range(10) for each in (alice, beside)]
            assert answers == [400] * 10 + [429] * 10

    @pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP])
    def test_without_it_each_process_goes_on_counting(self, limited, member, tmp_path, harm):
        with redis_server(tmp_path) as redis:
            service = limited(redis_url=redis.url)
            member(service, "alice")
            assert log_in(service, password=WRONG).status == 401
            redis.process.send_signal(harm)
            assert [log_in(service, password=WRONG).status for _ in range(11)] == [401] * 10 + [429]

    def test_it_need_not_be_there_at_the_start(self, limited):
        assert log_in(limited(redis_url="redis://127.0.0.1:1/0"), password=WRONG).status == 401
