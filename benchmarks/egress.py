"""What a service's connections to a server outside of the mesh carry.

    python -m benchmarks.egress [--runs 5] [--mib 32]

The server is a process of this computer, on its loopback; between the two are the machine's network
device, the switch and its gateway. The service takes the time; what is printed are medians.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import shutil
import socket
import statistics
from collections.abc import Callable
from pathlib import Path

import click

from meshkernel.testing import MeshUnderTest, running_mesh

HERE = Path(__file__).parent / "outside"
OUT = Path("build/benchmarks/outside")
CHUNK = bytes(1 << 16)
ORDER = 21
ROUND_TRIPS, OPENINGS = 2000, 200
PATIENCE = 300.0


def serve(listening: socket.socket) -> None:
    """Does what clients order, until the process is ended."""

    async def main() -> None:
        server = await asyncio.start_server(_obey, sock=listening, limit=1 << 20)
        await server.serve_forever()

    asyncio.run(main())


async def _obey(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    word, number = (await reader.readexactly(ORDER)).split()
    left = int(number)
    if word == b"echo":
        while data := await reader.read(len(CHUNK)):
            writer.write(data)
    while word == b"give" and left > 0:
        writer.write(CHUNK[:left])
        await writer.drain()
        left -= len(CHUNK)
    while word == b"take" and left > 0:
        left -= len(await reader.read(len(CHUNK)))
    if word == b"take":
        writer.write(b"!")
    writer.close()


def project(port: int) -> Path:
    """The topology, with the server's port, in a folder of its own."""
    OUT.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(HERE / "caller.py", OUT / "caller.py")
    topology = OUT / "topology.toml"
    text = (HERE / "topology.toml").read_text()
    topology.write_text(text.replace("@PORT@", str(port)))
    return topology


def measure(mesh: MeshUnderTest, runs: int, size: int) -> None:
    """Prints a line for each figure: its median, and the extremes."""

    def show(name: str, unit: str, rate: Callable[[], float]) -> None:
        rates = [rate() for _ in range(runs)]
        low, high = min(rates), max(rates)
        click.echo(f"{name:24} {statistics.median(rates):8.1f} {unit} ({low:.1f} to {high:.1f})")

    def seconds(function: str, **arguments: int) -> float:
        return float(asyncio.run(_within(mesh, function, arguments)))

    mib = size / (1 << 20)
    show("from the server", "MiB/s", lambda: mib / seconds("receive", size=size))
    show("to the server", "MiB/s", lambda: mib / seconds("send", size=size))
    show("round trips", "/s", lambda: ROUND_TRIPS / seconds("round_trips", count=ROUND_TRIPS))
    show("connections", "/s", lambda: OPENINGS / seconds("openings", count=OPENINGS))


async def _within(mesh: MeshUnderTest, function: str, arguments: dict[str, int]) -> float:
    return float(await mesh.call_within(PATIENCE, f"caller.{function}", **arguments))


@click.command()
@click.option("--runs", default=5, show_default=True, help="of each figure")
@click.option("--mib", default=32, show_default=True, help="mebibytes that each transfer has")
def main(runs: int, mib: int) -> None:
    """Measures the ways out."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listening:
        server = multiprocessing.Process(target=serve, args=(listening,), daemon=True)
        server.start()
        try:
            with running_mesh(project(listening.getsockname()[1])) as mesh:
                measure(mesh, runs, mib << 20)
        finally:
            server.terminate()
            server.join()


if __name__ == "__main__":
    main()
