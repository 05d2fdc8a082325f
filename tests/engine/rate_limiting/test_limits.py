"""The contract's rate limits, and their headers (RFC 9651)."""

import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import http_sf
import pytest
import time_machine

from orderly.rate_limiting.limiter import _network_prefix
from tests.asgi import Client, Response
from tests.engine.application import HANDLERS
from tests.engine.conftest import Serve
from tests.redis_server import redis_server

MINUTE = 60


@pytest.fixture
def limited(serve: Serve) -> Callable[..., Client]:
    """A function that serves the application with its limits."""
    return lambda **settings: serve(HANDLERS, rate_limits=True, **settings)


def at(client: Client, address: str) -> Client:
    """Return the client at another address."""
    return Client(client.app, client.own, address)


def post(client: Client, email: str = "alice@example.com", headers: dict[str, Any] | None = None) -> Response:
    return client.post("/v1/quotas", {"email": email}, headers)


def exhaust(client: Client) -> list[Response]:
    """Send eleven requests, one too many for a caller."""
    return [client("PUT", "/v1/quotas") for _ in range(11)]


def statuses(answers: Iterable[Response]) -> list[int]:
    return [answer.status for answer in answers]


def quota_of(answer: Response) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    """Return the two headers, as `(remaining, seconds)` and `(quota, window)`."""
    name, left = only_item(answer.headers["ratelimit"])
    policy, quota = only_item(answer.headers["ratelimit-policy"])
    assert name == policy == "default"
    return (left["r"], left["t"]), (quota["q"], quota["w"])


def only_item(header: str) -> Any:
    """Return the item of a list of one, and its parameters."""
    items: Any = http_sf.parse(header.encode(), tltype="list")
    [item] = items
    return item


class TestHeaders:
    def test_they_count_down_to_the_rejection(self, limited: Callable[..., Client]) -> None:
        answers = exhaust(limited().signed_in("alice"))

        assert statuses(answers) == [204] * 10 + [429]
        assert [quota_of(answer)[0][0] for answer in answers] == [*range(9, -1, -1), 0]
        assert {quota_of(answer)[1] for answer in answers} == {(10, MINUTE)}

    def test_a_client_that_waits_as_long_as_told_is_served(self, limited: Callable[..., Client]) -> None:
        alice = limited().signed_in("alice")
        with time_machine.travel(1_800_000_000.75, tick=False) as clock:
            exhaust(alice)

            clock.shift(59.5)
            refused = alice("PUT", "/v1/quotas")
            clock.shift(int(refused.headers["retry-after"]))
            served = alice("PUT", "/v1/quotas")

        assert (refused.code, refused.headers["retry-after"], quota_of(refused)[0]) == ("rate_limited", "1", (0, 1))
        assert (served.status, quota_of(served)) == (204, ((9, MINUTE), (10, MINUTE)))

    @pytest.mark.parametrize("step", [3600, -3600])
    def test_a_clock_that_jumps_starts_new_windows(self, limited: Callable[..., Client], step: int) -> None:
        alice = limited().signed_in("alice")
        with time_machine.travel(1_800_000_000, tick=False) as clock:
            exhaust(alice)

            clock.shift(step)
            answers = exhaust(alice)

        assert statuses(answers) == [204] * 10 + [429]
        assert answers[-1].headers["retry-after"] == str(MINUTE)

    def test_an_operation_without_limits_has_no_headers(self, limited: Callable[..., Client]) -> None:
        assert "ratelimit" not in limited().get("/v1/trees/newest").headers

    def test_without_limits_there_are_no_headers(self, client: Client) -> None:
        assert "ratelimit" not in client.signed_in("alice")("PUT", "/v1/quotas").headers


class TestBuckets:
    def test_callers_have_their_own(self, limited: Callable[..., Client]) -> None:
        service = limited()

        exhaust(service.signed_in("alice"))

        assert quota_of(service.signed_in("charlie")("PUT", "/v1/quotas")) == ((9, MINUTE), (10, MINUTE))

    def test_operations_have_their_own(self, limited: Callable[..., Client]) -> None:
        alice = limited().signed_in("alice")

        exhaust(alice)

        assert alice.get("/v1/callers").status == 200

    def test_an_account_is_locked_at_one_address_only(self, limited: Callable[..., Client]) -> None:
        service = limited()

        flood = statuses(post(service) for _ in range(30))

        assert flood == [204] * 10 + [429] * 20
        assert post(at(service, "192.0.2.7")).status == 204

    def test_an_address_is_limited_over_all_accounts(self, limited: Callable[..., Client]) -> None:
        service = limited()

        assert statuses(post(service, f"user-{n}@example.com") for n in range(61)) == [204] * 60 + [429]

    def test_spellings_of_an_email_are_one_account(self, limited: Callable[..., Client]) -> None:
        service = limited()
        forms = ["alice@bücher.example", "ALICE@Bücher.example", "alice@xn--bcher-kva.example"]

        assert statuses(post(service, forms[n % 3]) for n in range(11)) == [204] * 10 + [429]

    @pytest.mark.parametrize(
        ("one", "other", "is_one"),
        [
            ("2001:db8::1", "2001:db8:0:0:ffff::2", True),
            ("2001:db8::1", "2001:db8:0:1::1", False),
            ("192.0.2.1", "192.0.2.2", False),
        ],
    )
    def test_an_ipv6_network_is_one_address(self, one: str, other: str, is_one: bool) -> None:
        assert (_network_prefix(one) == _network_prefix(other)) is is_one


class TestProxies:
    @pytest.mark.parametrize(
        ("trusted", "peer", "forwarded", "status"),
        [
            ("", "10.0.0.1", "198.51.100.{}", 429),
            ("10.0.0.0/8", "10.0.0.1", "198.51.100.{}", 204),
            ("10.0.0.0/8", "192.0.2.1", "198.51.100.{}", 429),
            ("10.0.0.0/8", "10.0.0.1", "198.51.100.{}, 192.0.2.1", 429),
        ],
        ids=["no trusted proxy", "a trusted proxy", "not the trusted proxy", "an address before the proxy's"],
    )
    def test_only_a_trusted_proxy_names_the_client(
        self, limited: Callable[..., Client], trusted: str, peer: str, forwarded: str, status: int
    ) -> None:
        caller = at(limited(trusted_proxies=trusted), peer)

        answers = [post(caller, f"{n}@a.example", {"X-Forwarded-For": forwarded.format(n)}) for n in range(61)]

        assert answers[-1].status == status

    def test_a_proxy_without_the_header_is_the_client(self, limited: Callable[..., Client]) -> None:
        service = limited(trusted_proxies="10.0.0.0/8")

        assert statuses(post(at(service, f"10.0.0.{n}"), f"{n}@a.example") for n in range(61)) == [204] * 61


class TestRedis:
    @pytest.mark.needs("redis-server")
    def test_two_processes_count_together(self, limited: Callable[..., Client], tmp_path: Path) -> None:
        with redis_server(tmp_path) as redis:
            clients = [limited(redis_url=redis.url).signed_in("alice") for _ in range(2)]

            answers = [client("PUT", "/v1/quotas") for _ in range(10) for client in clients]

        assert statuses(answers) == [204] * 10 + [429] * 10

    @pytest.mark.needs("redis-server")
    @pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP])
    def test_without_redis_each_process_counts(
        self, limited: Callable[..., Client], tmp_path: Path, harm: signal.Signals
    ) -> None:
        with redis_server(tmp_path) as redis:
            service = limited(redis_url=redis.url)
            post(service)

            redis.process.send_signal(harm)

            assert statuses(post(service) for _ in range(11)) == [204] * 10 + [429]

    def test_redis_may_be_down_at_the_start(self, limited: Callable[..., Client]) -> None:
        assert post(limited(redis_url="redis://127.0.0.1:1/0")).status == 204
