"""A timing comparison of rejected sign-ins.

An unknown address is compared with a wrong password: a difference would reveal accounts. Start a server with
ORDERLY_RATE_LIMITS=off, then: python benchmarks/login_time.py http://127.0.0.1:8000
"""

import secrets
import sys
from statistics import median, quantiles
from time import perf_counter

import httpx

ROUNDS = 100
WARM_UP = 5
WITHIN = 0.10


def refused_in(client: httpx.Client, email: str) -> float:
    """Return the milliseconds of a sign-in with a wrong password."""
    begin = perf_counter()
    response = client.post("/v1/tokens", json={"email": email, "password": "a wrong password"})
    took = (perf_counter() - begin) * 1000
    assert response.status_code == 401, response.text
    return took


def measure(client: httpx.Client) -> dict[str, list[float]]:
    """Return the times of both, measured alternately.

    So other load affects both alike.
    """
    known = f"known-{secrets.token_hex(8)}@example.com"
    body = {"email": known, "name": "Known", "password": secrets.token_urlsafe(16)}
    client.post("/v1/users", json=body).raise_for_status()
    times: dict[str, list[float]] = {"unknown address": [], "wrong password": []}
    for number in range(-WARM_UP, ROUNDS):
        unknown = f"other-{secrets.token_hex(8)}@example.com"
        for name, email in zip(times, (unknown, known), strict=True):
            took = refused_in(client, email)
            if number >= 0:
                times[name].append(took)
    return times


def main(url: str) -> int:
    """Print the figures. The exit code is 1 if the medians differ by more than 10 %."""
    with httpx.Client(base_url=url, timeout=30) as client:
        times = measure(client)
    for name, each in times.items():
        low, _, high = quantiles(each, n=4)
        sys.stdout.write(f"{name}: median {median(each):.2f} ms (quartiles {low:.2f} to {high:.2f}, n={len(each)})\n")
    unknown, wrong = (median(each) for each in times.values())
    apart = abs(unknown - wrong) / wrong
    sys.stdout.write(f"the medians are {apart:.1%} apart; {WITHIN:.0%} is allowed\n")
    return int(apart > WITHIN)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
