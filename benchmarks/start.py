"""Start-up time by the number of operations of the contract.

python -m benchmarks.start
"""

import sys
import tempfile
from pathlib import Path
from time import perf_counter

from orderly.contract.model import Contract
from tests.applications import create_shop
from tests.engine.pipeline.third_party.many import many
from tests.settings import make_settings

SIZES = (50, 100, 200, 500, 1000)


def measure(folder: Path, operations: int) -> tuple[float, float]:
    """Return the seconds to read a contract, and to create its service."""
    source = many(operations)
    settings = make_settings(database_url=f"sqlite:///{folder / 'orderly.db'}", rate_limits=False)
    begin = perf_counter()
    contract = Contract(source)
    read = perf_counter()
    create_shop(settings, contract, lambda _: None)
    return read - begin, perf_counter() - read


def main() -> None:
    """Print a line for each size.

    The last column stays constant where the time grows linearly.
    """
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), 5)  # one-time work is done before
        sys.stdout.write("operations   read s   start s   ms each\n")
        for size in SIZES:
            read, made = measure(Path(folder), size)
            sys.stdout.write(f"{size:10} {read:8.3f} {made:9.3f} {(read + made) / size * 1000:9.2f}\n")


if __name__ == "__main__":
    main()
