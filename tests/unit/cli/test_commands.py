from __future__ import annotations

import json
import subprocess
import sys

import fakes
import pytest

from meshkernel.cli import calling, entry, single, starting
from meshkernel.cli import running as running_commands
from meshkernel.cli.commands import VERBS
from meshkernel.errors import BuildError, MachineError, UserError
from meshkernel.network.counters import EgressCounters


def test_help_teaches(meshkernel):
    status, out, _ = meshkernel("--help")
    assert status == 0
    assert [line.split()[0] for line in out.partition("Commands:")[2].splitlines() if line] == [
        "check", "plan", "build", "up", "down", "ps", "logs", "events", "call", "run", "profile",
        "stop", "start", "restart", "scale", "trace", "shell", "debug",
    ]  # fmt: skip


@pytest.mark.parametrize("command", [command.name for command in VERBS])
def test_help_of_each_command_has_an_example(meshkernel, command):
    status, out, _ = meshkernel(command, "--help")
    assert status == 0
    assert f"    meshkernel {command}" in out


def test_help_is_fast_since_it_imports_little():
    program = (
        "import sys\nfrom meshkernel.cli import entry\nentry.run(['--help'])\n"
        "print([m for m in ('networkx', 'rich', 'jinja2', 'asyncio', 'tree_sitter')"
        " if m in sys.modules], file=sys.stderr)"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("words", [("dance",), ("up", "--loud"), ("call",), ("run",)])
def test_wrong_use_is_bad_input(meshkernel, words):
    status, _, err = meshkernel(*words)
    assert status == 2
    assert "Usage: meshkernel" in err


def test_check(meshkernel, project):
    status, out, _ = meshkernel("check")
    assert (status, out) == (0, "topology.toml: mesh chain, 3 services, 2 links, no faults\n")


def test_faults_are_told_with_their_lines(meshkernel, project):
    path = project / "topology.toml"
    path.write_text(path.read_text().replace('to = "back"', 'to = "bakc"\nspeed = 3'))
    status, out, err = meshkernel("check")
    assert (status, out) == (2, "")
    lines = err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("topology.toml:") for line in lines)
    assert "did you mean 'back'?" in err


@pytest.mark.parametrize(
    "command", ["check", "plan", "up", "ps", "down", "build", "logs", "events"]
)
def test_no_topology(meshkernel, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    status, _, err = meshkernel(command)
    assert status == 2
    assert err.startswith("topology.toml: there is no such file, ")


def test_ps(meshkernel, running):
    status, out, _ = meshkernel("ps")
    assert status == 0
    assert out.splitlines()[0].split()[:3] == ["SERVICE", "REPLICA", "STATE"]
    assert "front is at http://127.0.0.1:8080/" in out
    rows = json.loads(meshkernel("ps", "--json")[1])
    assert [row["state"] for row in rows] == ["running"] * 3
    assert rows[0].keys() >= {
        "service", "replica", "state", "pid", "address", "memory_mb", "boot_ms", "restarts",
        "image_bytes",
    }  # fmt: skip


def test_ps_counts_the_ways_out(meshkernel, running):
    assert "OUTSIDE" not in meshkernel("ps")[1]
    ends = {"unresolved": 1, "unreachable": 2, "silent": 3, "crowded": 4}
    running.switch.egress.append(
        EgressCounters("back", "db", 5432, 7, 8, **ends, sent=2048, received=3 << 20)
    )
    table = meshkernel("ps")[1].splitlines()[-2:]
    assert [line.split() for line in table] == [
        ["SERVICE", "OUTSIDE", "OPENED", "REFUSED", "FAILED", "SENT", "RECEIVED"],
        ["back", "db:5432", "7", "8", "10", "2", "KiB", "3.0", "MiB"],
    ]
    found = {row["service"]: row["egress"] for row in json.loads(meshkernel("ps", "--json")[1])}
    counts = {"connected": 7, "refused": 8, "sent": 2048, "received": 3 << 20}
    assert found.pop("back") == [{"target": "db", "port": 5432, **ends, **counts}]
    assert all(ways == [] for ways in found.values())


@pytest.mark.parametrize("words", [("ps",), ("call", "back.add"), ("logs", "-f"), ("events",)])
def test_a_mesh_that_does_not_run(meshkernel, project, words):
    status, _, err = meshkernel(*words)
    assert status == 1
    assert err == ("meshkernel: the mesh chain is not running: start it with `meshkernel up`\n")


def test_call(meshkernel, running):
    status, out, _ = meshkernel("call", "back.add", "user=ann", "count=2")
    assert (status, json.loads(out)) == (0, {"user": "ann", "count": 2})
    assert meshkernel("call", "back.add", 'user="7"', "--json")[0] == 0


def test_scale(meshkernel, running):
    assert meshkernel("scale", "back=3", "middle=2")[:2] == (
        0, "back: 3 replicas\nmiddle: 2 replicas\n",
    )  # fmt: skip
    rows = json.loads(meshkernel("ps", "--json")[1])
    named = [(row["service"], row["replica"], row["name"]) for row in rows]
    assert named[:3] == [("back", 1, "back"), ("back", 2, "back-2"), ("back", 3, "back-3")]
    assert meshkernel("call", "back.add", "user=ann")[0] == 0
    assert meshkernel("logs", "back-3")[1].endswith("| back-3 says hello\n")
    assert meshkernel("stop", "back-2")[1] == "stopped: back-2\n"
    assert meshkernel("scale", "back=1", "middle=1")[1].endswith("middle: 1 replica\n")


@pytest.mark.parametrize("text", ["back", "back=", "back=-1", "=2", "back=many"])
def test_a_number_of_replicas_is_explained(meshkernel, running, text):
    status, _, err = meshkernel("scale", text)
    assert status == 2
    assert err == f"{text!r} names no number of replicas, write SERVICE=3\n"


def test_what_cannot_be_scaled_is_explained(meshkernel, running):
    status, _, err = meshkernel("scale", "back=auto")
    assert status == 1
    assert err.startswith("meshkernel: the replicas of back do not follow its load: write ")
    assert "there is no service 'rear'" in meshkernel("scale", "rear=2")[2]


def test_a_remote_error_shows_the_remote_stack(capsys, running):
    assert entry.run(["call", "back.fail"]) == 1
    err = capsys.readouterr().err
    assert "in fail" in err
    assert "ValueError: no shelf" in err
    assert "entry.py" not in err


def test_wrong_calls_are_explained(meshkernel, running):
    assert "did you mean 'back'?" in meshkernel("call", "bakc.add")[2]
    assert "did you mean 'add'?" in meshkernel("call", "back.ad")[2]
    assert "write SERVICE.FUNCTION" in meshkernel("call", "back")[2]
    assert "write KEY=VALUE" in meshkernel("call", "back.add", "ann")[2]
    status, _, err = meshkernel("call", "back.add", "usr=ann")
    assert status == 1
    assert "usr" in err


@pytest.mark.parametrize("timeout", ["0", "-1", "nan", "inf"])
def test_a_call_needs_a_time_that_can_be_waited(meshkernel, running, timeout):
    status, _, err = meshkernel("call", "back.add", "user=ann", "--timeout", timeout)
    assert status == 2
    assert "give more than 0" in err


def test_logs(meshkernel, running):
    status, out, _ = meshkernel("logs")
    assert status == 0
    assert "front  | front says hello" in out
    assert meshkernel("logs", "middle", "-n", "0") == (0, "", "")
    status, _, err = meshkernel("logs", "midle")
    assert (status, "there is no service 'midle'" in err) == (1, True)


def test_logs_of_a_mesh_that_has_stopped(meshkernel, project):
    assert "it has never run" in meshkernel("logs")[2]
    folder = project / "build" / "run" / "chain" / "logs"
    folder.mkdir(parents=True)
    (folder / "back.log").write_text("2026-01-01T00:00:00.000Z one\n2026-01-01T00:00:02.000Z two\n")
    (folder / "front.log").write_text("2026-01-01T00:00:01.000Z between\n")
    assert meshkernel("logs")[1].splitlines() == [
        "back  | one", "front | between", "back  | two",
    ]  # fmt: skip
    assert meshkernel("logs", "-n", "1", "back")[1] == "back  | two\n"


def test_a_second_up_finds_the_mesh(meshkernel, running, project):
    for words in (("up",), ("up", "-d")):
        status, out, _ = meshkernel(*words)
        assert status == 0
        assert "the mesh chain is running already" in out
        assert "has changed since" not in out
        assert "running" in out
    topology = project / "topology.toml"
    topology.write_text(topology.read_text().replace("8080", "8081"))
    assert "has changed since" in meshkernel("up", "-d")[1]


def test_up_in_the_foreground_until_down(meshkernel, project, monkeypatch):
    host = fakes.FakeHost()
    monkeypatch.setattr(starting, "RealHost", lambda out: host)
    shown = starting.show_server

    def shown_and_stopped(server):
        shown(server)
        server.stop_asked.set()

    monkeypatch.setattr(starting, "show_server", shown_and_stopped)
    status, out, _ = meshkernel("up")
    assert status == 0
    assert "back: built, from the cache" in out
    assert "the mesh is ready after" in out
    assert "front is at http://127.0.0.1:8080/" in out
    assert host.ended == ["front", "middle", "back"]


def test_up_that_fails_says_why_and_where(meshkernel, project, monkeypatch):
    host = fakes.FakeHost({"middle": [fakes.fails("ImportError: no shelf")]})
    monkeypatch.setattr(starting, "RealHost", lambda out: host)
    status, _, err = meshkernel("up")
    assert status == 1
    assert err.splitlines()[0] == "meshkernel: middle failed to start: ImportError: no shelf"
    assert err.splitlines()[1].endswith("build/run/chain/logs/middle.log")


def test_down_of_what_does_not_run(meshkernel, project):
    assert meshkernel("down") == (0, "the mesh chain was not running\n", "")


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "\n"),
        (MachineError("cart was killed"), 1, "meshkernel: cart was killed\n"),
        (
            BuildError("gcc failed", exitcode=1, command=["gcc", "-c"], output="..."),
            1,
            "meshkernel: gcc failed\n  the command was: gcc -c\n",
        ),
        (
            ValueError("odd"),
            1,
            "meshkernel: a fault of meshkernel itself: ValueError: odd;"
            " set MESHKERNEL_DEBUG=1 to see where\n",
        ),
    ],
)
def test_every_error_has_its_exit_status(meshkernel, monkeypatch, error, status, said):
    def raises(topology):
        raise error

    monkeypatch.setattr(running_commands.options, "connect", raises)
    assert meshkernel("ps") == (status, "", said)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=1", ("a", 1)),
        ("a=x", ("a", "x")),
        ("a=", ("a", "")),
        ('a={"b": [1]}', ("a", {"b": [1]})),
        ("a=b=c", ("a", "b=c")),
    ],
)
def test_arguments_are_json_where_they_can_be(text, expected):
    assert calling.parse_argument(text) == expected


@pytest.mark.parametrize("text", ["a", "=1", "a b=1", "1a=2"])
def test_what_is_no_argument_is_refused(text):
    with pytest.raises(UserError, match="write KEY=VALUE"):
        calling.parse_argument(text)


def test_shared_folders(tmp_path):
    (share,) = single._shares((f"{tmp_path}:/data",))
    assert (share.folder, share.path, share.read_only) == (tmp_path.resolve(), "/data", False)
    assert single._shares((f"{tmp_path}:/data:ro",))[0].read_only
    for wrong in ("/data", f"{tmp_path}:data", f"{tmp_path}:/data:rw", f"{tmp_path}/none:/data"):
        with pytest.raises(UserError, match=r"write FOLDER:PATH|is no folder, make it"):
            single._shares((wrong,))
    with pytest.raises(UserError, match="/proc has files of the image or of the system"):
        single._shares((f"{tmp_path}:/proc/x",))
    with pytest.raises(UserError, match="/data is inside of the volume at /data"):
        single._shares((f"{tmp_path}:/data", f"{tmp_path}:/data"))


def test_published_ports():
    assert single._published("8000:80").port == 80
    assert single._published("0.0.0.0:8000:80").address == "0.0.0.0"
    for wrong in ("8000", "80:x", "99999:80", "80:0"):
        with pytest.raises(UserError, match="write HOST:PORT"):
            single._published(wrong)


def test_run_has_every_library_only_if_that_is_asked_for(meshkernel, tmp_path, monkeypatch):
    from meshkernel.machine import program

    asked = []

    def build(run):
        asked.append(run.program().everything)
        raise BuildError("stop here", exitcode=1, command=["cc"], output="")

    monkeypatch.setattr(program, "build", build)
    (tmp_path / "job.py").touch()
    for options in ((), ("--every-library",)):
        assert meshkernel("run", *options, str(tmp_path / "job.py"))[0] == 1
    assert asked == [False, True]
