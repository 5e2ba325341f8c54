"""Sealing in a process of Linux (`linux_seal`): what is in the way, what is renewed behind."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import pytest
from supervisor_end import control_pair

PROGRAM = Path(__file__).with_name("linux_seal.py")
LATER = "COLOUR=green|SECRET=of-one-machine"


def sealed(tmp_path: Path, text: str, **told: Any) -> tuple[list[dict[str, Any]], str]:
    """Seal a service and let it go on as two machines, which are asked to stop when they are
    ready; returns all messages, and what was said on the console.
    """
    (tmp_path / "service.py").write_text(text)
    code = {"host": "0.0.0.0", "port": 0, "module": "service"}
    before = {"mesh": "", "service": "service"} | code
    configuration = f"MESHKERNEL_SERVICE={json.dumps({'mesh': 'm', 'service': 's'} | code)}"
    ours, theirs = control_pair()
    with ours:
        ours.settimeout(20)
        process = subprocess.Popen(
            [sys.executable, PROGRAM, str(theirs.fileno()), f"{LATER}|{configuration}"],
            cwd=tmp_path,
            env=os.environ
            | {"PYTHONPATH": str(tmp_path), "COLOUR": "red", "PYTHONHASHSEED": "1"}
            | {"MESHKERNEL_SERVICE": json.dumps(before)}
            | {"MESHKERNEL_SEAL": json.dumps(told)}
            | {"OPENBLAS_NUM_THREADS": "1"},  # a machine has one processor: no threads of its own
            pass_fds=[theirs.fileno()],
            stderr=subprocess.PIPE,
            text=True,
        )
        theirs.close()
        with process:
            messages = []
            while packed := ours.recv(1 << 20):
                messages.append(msgpack.unpackb(packed))
                if messages[-1]["type"] == "ready":
                    ours.send(msgpack.packb({"type": "stop", "grace": 5}))
            return messages, process.stderr.read()


def faults(tmp_path: Path, text: str, **told: Any) -> list[tuple[str, str, str]]:
    messages, said = sealed(tmp_path, text, explain=True, **told)
    assert [message["type"] for message in messages] == ["unsealable"], said
    return [(each["where"], each["what"], each["remedy"]) for each in messages[0]["faults"]]


def told(tmp_path: Path, text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the two machines know at their start, by their log."""
    messages, said = sealed(
        tmp_path,
        f"""
import json, logging
from meshkernel import on_start
{text}
@on_start
def tell():
    logging.getLogger("t").info(json.dumps(known()))
""",
    )
    logs = [message["message"] for message in messages if message["type"] == "log"]
    assert len(logs) == 2, (messages, said)
    return json.loads(logs[0]), json.loads(logs[1])


def test_each_machine_of_an_image_starts_serves_and_stops(tmp_path: Path) -> None:
    text = """
from meshkernel import after_seal, before_seal, on_start, on_stop, rpc
import logging
said = ["import"]
@before_seal
async def before(): said.append("before")
@after_seal
def after(): said.append("after")
@on_start
async def start(): said.append("start")
@on_stop
def stop(): logging.getLogger("t").info(" ".join(said))
@rpc
def get() -> int: return 1
"""
    messages, said = sealed(tmp_path, text)
    assert said == ""
    assert [message["type"] for message in messages] == ["ready", "log", "stopped"] * 2
    assert {message["message"] for message in messages if message["type"] == "log"} == {
        "import before after start"
    }


def test_a_machine_has_the_name_of_its_service_behind_the_seal(tmp_path: Path) -> None:
    text = """
from meshkernel import rpc
from meshkernel.wire import codec, server
made, usual = [], server.Dispatcher.__init__
def init(self, *given, **named):
    made.append(self)
    usual(self, *given, **named)
server.Dispatcher.__init__ = init
@rpc
def get(number: int) -> int: return number
def known():
    (dispatcher,) = made
    told = codec.unpack(dispatcher.hello)["from"]
    return [dispatcher.service, dispatcher.method("get").name, told]
"""
    assert told(tmp_path, text) == (["s", "s.get", "s"],) * 2


def test_the_environment_is_the_machines_but_for_what_the_program_set(tmp_path: Path) -> None:
    text = """
import os
os.environ["MINE"] = "kept"
def known():
    names = ("COLOUR", "SECRET", "MINE", "PYTHONHASHSEED", "MESHKERNEL_SEAL")
    return {name: os.environ.get(name) for name in names}
"""
    one, other = told(tmp_path, text)
    assert one == other
    assert one.pop("PYTHONHASHSEED") is one.pop("MESHKERNEL_SEAL") is None
    assert one == {"COLOUR": "green", "SECRET": "of-one-machine", "MINE": "kept"}


def test_what_is_drawn_by_chance_differs_between_machines(tmp_path: Path) -> None:
    text = """
import multiprocessing, random, secrets, sqlite3, ssl, tempfile, uuid
import numpy
own, system = random.Random(), random.SystemRandom()
generator = numpy.random.default_rng()
philox = numpy.random.Generator(numpy.random.Philox())
state = numpy.random.RandomState()
sequence = numpy.random.SeedSequence()
children = sequence.spawn(2)
first = [random.random(), own.random(), generator.random(), numpy.random.random(), uuid.uuid1()]
normal = [random.gauss(0, 1), own.gauss(0, 1), state.normal(), numpy.random.normal()]
ssl.RAND_bytes(8), next(tempfile._get_candidate_names())
database = sqlite3.connect(":memory:")
def in_sql(): return database.execute("select random()").fetchone()[0]
in_sql()
def known():
    return {
        "random": random.random(), "own": own.random(), "numpy": numpy.random.random(),
        "generator": generator.random(), "secrets": secrets.token_hex(),
        "ssl": ssl.RAND_bytes(8).hex(), "uuid4": str(uuid.uuid4()),
        "tempfile": next(tempfile._get_candidate_names()),
        "gauss": random.gauss(0, 1), "own gauss": own.gauss(0, 1), "system": system.random(),
        "philox": philox.random(), "normal": state.normal(), "global normal": numpy.random.normal(),
        "spawned": generator.spawn(1)[0].random(), "sequence": str(sequence.entropy),
        "child": numpy.random.default_rng(children[0]).random(),
        "later child": numpy.random.default_rng(sequence.spawn(1)[0]).random(),
        "uuid1": [uuid.uuid1().clock_seq for _ in range(3)],  # the node may be the host's here
        "sql": in_sql(), "authkey": multiprocessing.current_process().authkey.hex(),
        "family": sequence.entropy == children[0].entropy and "whole " + secrets.token_hex(),
    }
"""
    one, other = told(tmp_path, text)
    assert [name for name in one if one[name] == other[name]] == []
    assert one["family"].startswith("whole")


def test_what_stays_the_same_by_the_programs_choice_is_told_at_the_seal(tmp_path: Path) -> None:
    text = """
import random
random.seed(1)
own, by_chance, hidden = random.Random(2), random.Random(), [random.Random(3)]
import numpy
generator = numpy.random.default_rng(4)
numpy.random.seed(5)
unseeded = numpy.random.default_rng()
"""
    messages, _ = sealed(tmp_path, text)
    (note,) = [message["text"] for message in messages if message["type"] == "note"]
    assert note == (
        "the same numbers are drawn in every machine, as a seed was given at import: a Random,"
        " numpy.random.mtrand._rand, random._inst, service.generator, service.own"
    )


def test_a_service_without_seeds_of_its_own_is_told_nothing(tmp_path: Path) -> None:
    messages, _ = sealed(tmp_path, "import random\nown = random.Random()\n")
    assert "note" not in [message["type"] for message in messages]


def test_a_seed_that_the_program_has_chosen_stays(tmp_path: Path) -> None:
    text = """
import random
random.seed(1)
own = random.Random(2)
import numpy
generator = numpy.random.default_rng(3)
numpy.random.seed(4)
def known():
    return [random.random(), own.random(), float(generator.random()), float(numpy.random.random())]
"""
    import random

    import numpy as np

    usual = [
        random.Random(1).random(),
        random.Random(2).random(),
        float(np.random.default_rng(3).random()),
        float(np.random.RandomState(4).random()),
    ]
    assert told(tmp_path, text) == (usual, usual)


def test_the_hash_seed_and_what_the_import_made_stay(tmp_path: Path) -> None:
    text = """
import gc, os
number = os.getpid()
before = hash("text")
def known():
    return [hash("text") == before, os.getpid() != number, gc.get_freeze_count() > 0]
"""
    assert told(tmp_path, text) == ([True] * 3, [True] * 3)


def test_records_count_their_milliseconds_from_the_machines_start(tmp_path: Path) -> None:
    text = """
import logging, time
logging._startTime -= 1000
def known():
    return logging.makeLogRecord({}).relativeCreated < 900_000
"""
    assert told(tmp_path, text) == (True, True)


def test_an_open_socket_is_told_with_its_peer_and_its_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        text = f"import socket\n\nclient = socket.create_connection(('127.0.0.1', {port}))\n"
        assert faults(tmp_path, text) == [
            (
                "service.py:3",
                f"a socket connected to 127.0.0.1:{port} is open at the seal",
                "open it in @on_start, or set warm = false for the service",
            )
        ]


def test_all_that_is_in_the_way_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    text = """
import socket, threading
listener = socket.create_server(("127.0.0.1", 0))
file = open("data")
waiting = threading.Event()
thread = threading.Thread(target=waiting.wait, name="poller", daemon=True)
thread.start()
"""
    found = faults(tmp_path, text)
    assert [where for where, _, _ in found] == [f"service.py:{line}" for line in (3, 4, 6)]
    whats = [what for _, what, _ in found]
    assert whats[0].startswith("a socket listening on 127.0.0.1:")
    assert whats[1:] == [
        "the file data is open at the seal",
        "the thread 'poller' runs at the seal",
    ]


def test_what_a_library_makes_is_told_with_the_line_that_asked_for_it(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("import socket\ndef make():\n    return socket.socket()\n")
    text = "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor(1)\n"
    text += "\npool.submit(print)\n"
    ((where, what, _),) = faults(tmp_path, text)
    assert where == "service.py:4"
    assert what.startswith("the thread 'ThreadPoolExecutor")


@pytest.mark.parametrize("read", ["os.environ.get('KEY')", "os.getenv('KEY')", "os.environ['KEY']"])
def test_a_secret_that_is_read_at_import_is_told(tmp_path: Path, read: str) -> None:
    ((where, what, remedy),) = faults(tmp_path, f"import os\nkey = {read}\n", secrets=["KEY"])
    assert (where, what) == (
        "service.py:2",
        "the secret KEY is asked for before the seal, where nobody has it",
    )
    assert remedy.startswith("read it in @on_start")


def test_keys_of_a_tls_server_do_not_get_into_an_image(tmp_path: Path) -> None:
    text = "import ssl\nclient = ssl.create_default_context()\n"
    text += "server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)\n"
    ((_, what, _),) = faults(tmp_path, text)
    assert "ssl.SSLContext for servers" in what


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("\nimport no_such_module", "service.py:2", "No module named 'no_such_module'"),
        ("x = 1\ny = (", "service.py:2", "SyntaxError: '(' was never closed"),
        ("def f():\n    1 / 0\nf()", "service.py:2", "ZeroDivisionError"),
        (
            "\nopen('/data/rows')",
            "service.py:2",
            "rows' (before the seal there are neither network nor volumes)",
        ),
        (
            "import socket\nsocket.create_connection(('127.0.0.1', 1))",
            "service.py:2",
            "Connection refused (before the seal there are neither network nor volumes)",
        ),
        (
            "from meshkernel import before_seal\n@before_seal\ndef f():\n    raise OSError('full')",
            "service.py:4",
            "OSError: full",
        ),
    ],
)
def test_a_service_that_fails_before_the_seal_says_where(
    tmp_path: Path, text: str, where: str, what: str
) -> None:
    ((place, said, _),) = faults(tmp_path, text)
    assert place == where
    assert what in said
