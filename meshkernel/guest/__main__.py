"""``python -m meshkernel.guest``: what a service's machine runs."""

import gc

gc.disable()  # until the service is ready: see runtime.main

from meshkernel.guest.runtime import main  # noqa: E402

raise SystemExit(main())
