"""Every list of the office over 100,000 parcels, in each order and narrowed in each way: `make bench-lists`.

Each page is asked for twice of the whole application, without a network, and the better one counts; in seconds of CPU,
since all of it runs in this process, and the machine does other things too. A page of more than a second fails.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from contextlib import closing
from pathlib import Path

from codes import Database
from codes.accounts.staff import Role
from codes.delivering.assignments import device_tours
from codes.store.schema import migrate
from scanner.settings import ScannerSettings
from tests.parts.application import CONFIG, codes_over
from tests.parts.clock import TurnableClock
from tests.parts.fill import BEGINNING, MONTH
from tests.parts.full_lists import fill_lists
from tests.parts.list_walk import asked
from tests.parts.staff import add_member
from web.configuration import load_settings
from web.flask_app import create_service
from web.services import Services

LONGEST_MS = 1000
TIMES = 2
TOLD = 12
PASSWORD = "a sample password"


def main() -> int:
    """Fill a store, walk through its lists, and tell which were slowest."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--parcels", type=int, default=100_000)
    options = arguments.parse_args()
    settings = load_settings(CONFIG)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'doorcode.db'}")
        migrate(database)
        clock = TurnableClock(BEGINNING + MONTH)
        began = time.process_time()
        with closing(codes_over(database, Path(folder), settings, clock)) as codes:
            fill_lists(codes, options.parcels)
            print(f"{options.parcels:,} parcels, filled in {time.process_time() - began:.1f} s of CPU")
            add_member(codes, "admin", PASSWORD, Role.ADMIN)
            app = create_service(
                Services(codes, settings.server, settings.mail, ScannerSettings(), lambda: None, "http://localhost")  # type: ignore[arg-type, return-value]
            )
            browser = app.test_client()
            browser.post("/office/sign-in", data={"name": "admin", "password": PASSWORD})
            device = str(max(codes.read(device_tours), key=lambda each: each.carried).device_id)
            took: dict[str, float] = {}
            for address in asked(f"{BEGINNING + MONTH / 2:%Y-%m-%d}", device, to_the_end=True):
                for _ in range(TIMES):
                    start = time.process_time()
                    status = browser.get(address).status_code
                    took[address] = min(took.get(address, 1e9), 1000 * (time.process_time() - start))
                    assert status == 200, address
    slowest = sorted(took.items(), key=lambda item: -item[1])
    for address, milliseconds in slowest[:TOLD]:
        print(f"{milliseconds:8.0f} ms  {address}")
    print(f"{len(took)} pages, of which half took less than {slowest[len(took) // 2][1]:.0f} ms")
    return 1 if slowest[0][1] > LONGEST_MS else 0


if __name__ == "__main__":
    raise SystemExit(main())
