"""Asks the running demonstration one real question, and prints what it answers."""

from __future__ import annotations

import json
import sys
import time
import urllib.error
import urllib.request
from datetime import date, timedelta
from urllib.parse import urlencode

FRANKFURT, LISBON = "50.03,8.56", "38.77,-9.13"


def main() -> None:
    """Look for trips from Frankfurt to Lisbon in thirty days' time; show the cheapest."""
    day = date.today() + timedelta(days=30)
    query = {"from": FRANKFURT, "to": LISBON, "day": day.isoformat()}
    url = f"http://127.0.0.1:8080/api/trips?{urlencode(query, safe=',')}"
    print(f"\nGET {url}")
    began = time.monotonic()
    try:
        with urllib.request.urlopen(url, timeout=60) as reply:
            status, trips = f"{reply.status} {reply.reason}", json.load(reply)
    except (urllib.error.URLError, TimeoutError) as error:
        sys.exit(f"the frontend did not answer: {error}; see .venv/bin/meshkernel logs")
    print(f"{status} after {time.monotonic() - began:.2f} s: {len(trips)} trips, the cheapest is\n")
    print(json.dumps(trips[0], indent=2, ensure_ascii=False))
    print("\nThe page is at http://127.0.0.1:8080/; .venv/bin/meshkernel ps shows the services.")


if __name__ == "__main__":
    main()
