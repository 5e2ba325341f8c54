"""``python -m meshkernel.guest``: what a service's machine runs."""

from meshkernel.guest.runtime import main

raise SystemExit(main())
