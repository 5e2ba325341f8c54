"""The fork that seals: what Python's modules would do in the child is left out, and all works."""

from __future__ import annotations

import subprocess
import sys

from meshkernel.guest import forks

REGISTERED = """
import os
found = []
usual = os.register_at_fork
def register(**hooks):
    found.append(hooks.get("after_in_child"))
    usual(**hooks)
os.register_at_fork = register
import asyncio, logging, threading
from meshkernel.guest import forks
forks.quiet()
# What was imported before all of this has registered already.
found += [threading._after_fork, logging._after_at_fork_child_reinit_locks]
for hook in found:
    if hasattr(hook, "__code__"):
        print(hook.__module__, hook.__name__, hook.__code__.co_name)
"""

USED_BEHIND = """
import asyncio, logging, os, signal, threading
from meshkernel.guest import forks

class Said(logging.Handler):
    def emit(self, record):
        print(record.getMessage(), threading.current_thread().name, flush=True)

logging.getLogger().addHandler(Said())
ended = threading.Thread(target=int)
ended.start()
ended.join()
loop = asyncio.new_event_loop()
stopped = loop.create_future()
loop.add_signal_handler(signal.SIGUSR1, lambda: stopped.set_result("signalled"))
loop.run_until_complete(asyncio.sleep(0))
forks.quiet()
if child := os.fork():
    raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))

async def live():
    logging.warning("in a thread")
    await asyncio.to_thread(logging.warning, "in a thread")
    os.kill(os.getpid(), signal.SIGUSR1)
    print(await stopped, asyncio.get_running_loop() is loop)

loop.run_until_complete(live())
assert threading.main_thread() is threading.current_thread()
assert ended not in threading.enumerate() and not ended.is_alive()
loop.run_until_complete(loop.shutdown_default_executor())
assert threading.active_count() == 1
"""


def run(program: str) -> list[str]:
    done = subprocess.run(
        # A thread that has ended may still be seen by the warning of a fork with threads.
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_every_hook_of_these_modules_is_known() -> None:
    lines = [line.split() for line in run(REGISTERED)]
    assert {module for module, _, _ in lines} >= {"threading", "logging"}
    for module, name, code in lines:
        assert code == forks.INSTEAD[module, name].__name__


def test_threads_logs_and_signals_of_the_event_loop_work_behind_the_fork() -> None:
    assert run(USED_BEHIND) == [
        "in a thread MainThread",
        "in a thread asyncio_0",
        "signalled True",
    ]
