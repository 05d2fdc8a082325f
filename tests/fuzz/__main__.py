"""`python -m tests.fuzz`: schemathesis against the live service, once for each role."""

import random
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Annotated

import typer

from orderly.database.database import Database
from tests.serving import environment, served
from tests.shop.application import CONTRACT, CONTRACT_FILE, migrate
from tests.shop.factories import make_product

HERE = Path(__file__).parent
POSITIVE = ["2xx", "3xx", 401, 403, 404, 409, 429, "5xx"]
"""What schemathesis itself lets pass for a request that fits the contract."""
ALL_PHASES = "examples,coverage,fuzzing,stateful"
ROLES = ("admin", "staff", "customer", "key")


def fuzz(
    role: Annotated[list[str] | None, typer.Option(help="admin, staff, customer or key; repeat for more.")] = None,
    seed: Annotated[int | None, typer.Option(help="To replay a run; chosen at random if left out.")] = None,
    examples: Annotated[int, typer.Option(help="Cases for each operation in the fuzzing phase.")] = 20,
    seconds: Annotated[int | None, typer.Option(help="Go on until so many seconds are over.")] = None,
    phases: Annotated[str, typer.Option(help="Of examples, coverage, fuzzing and stateful.")] = ALL_PHASES,
    operation: Annotated[list[str] | None, typer.Option(help="Only this operationId; repeat for more.")] = None,
) -> None:
    """Fuzz the service on a new SQLite database. The exit code is not 0 if anything failed."""
    seed = random.randrange(2**31) if seed is None else seed  # noqa: S311  # chooses cases
    roles = role or list(ROLES)
    options = ["--seed", str(seed), "--max-examples", str(examples), "--phases", phases]
    options += ["--max-time", str(seconds // len(roles))] if seconds else []
    options += [option for each in operation or [] for option in ("--include-operation-id", each)]
    failed = [each for each in roles if not _fuzz_as(each, options)]
    if failed:
        print(f"Failed as {', '.join(failed)}. Replay: python -m tests.fuzz --seed {seed} --role {failed[0]}")
        raise typer.Exit(1)


def _fuzz_as(role: str, options: list[str]) -> bool:
    print(f"Fuzzing as {role}: {' '.join(options)}", flush=True)
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/orderly.db"
        migrate(url)
        _stock(url)
        with served(Path(folder), url, rate_limits="off", threads=8) as service:
            passed = start(service.url, url, role, Path(folder), options).wait() == 0
        if not passed:
            print("\n".join(line for line in service.log.read_text().splitlines() if "[info " not in line))
        return passed


def start(
    service: str, database: str, role: str, folder: Path, options: list[str], output: IO[bytes] | None = None
) -> subprocess.Popen[bytes]:
    """Start to fuzz a service as a user of a role.

    The user is created in the service's database; the configuration is in the folder.
    """
    config = folder / "schemathesis.toml"
    config.write_text((HERE / "schemathesis.toml").read_text() + _business_refusals())
    st = str(Path(sys.executable).with_name("st"))
    command = [st, "--config-file", str(config), "run", str(CONTRACT_FILE), "--url", f"{service}/v1", *options]
    variables = environment(test_fuzz_role=role, test_fuzz_database=database)
    variables |= {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "PYTHONPATH": str(HERE.parent.parent)}
    return subprocess.Popen(command, env=variables, stdout=output)


def _stock(url: str) -> None:
    """Something to order."""
    database = Database(url)
    with database.writing() as session:
        for _ in range(5):
            make_product(session, stock=1_000_000)
        session.commit()
    database.close()


def _business_refusals() -> str:
    """Return the configuration of statuses that valid requests may get.

    They count only where the contract declares them.
    """
    table = ""
    for operation in CONTRACT.operations:
        declared = [status for status in ("412", "422", "428") if status in operation.responses]
        if declared:
            allowed = [*POSITIVE, *map(int, declared)]
            table += f'\n[[operations]]\ninclude-operation-id = "{operation.operation_id}"\n'
            table += f"checks.positive_data_acceptance.expected-statuses = {allowed}\n"
    return table


if __name__ == "__main__":
    typer.run(fuzz)
