"""Asks the running demonstration one real question, and prints what it answers."""

from __future__ import annotations

import json
import urllib.request
from datetime import date, timedelta
from urllib.parse import urlencode

FRANKFURT, LISBON = "50.03,8.56", "38.77,-9.13"


def main() -> None:
    """Look for trips from Frankfurt to Lisbon in thirty days' time."""
    day = date.today() + timedelta(days=30)
    query = urlencode({"from": FRANKFURT, "to": LISBON, "day": day.isoformat()})
    url = f"http://127.0.0.1:8080/api/trips?{query}"
    print(f"\nGET {url}\n")
    with urllib.request.urlopen(url, timeout=60) as reply:
        print(json.dumps(json.load(reply), indent=2, ensure_ascii=False))
    print("\nThe page: http://127.0.0.1:8080/    The table of services: .venv/bin/meshkernel ps")


if __name__ == "__main__":
    main()
