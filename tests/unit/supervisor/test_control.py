from __future__ import annotations

import asyncio

import pytest

from meshkernel.errors import SupervisorError
from meshkernel.supervisor.control import ControlServer
from meshkernel.supervisor.remote import Remote
from meshkernel.supervisor.run_folder import RunFolder, listen


async def fault(_request, _send):
    raise TypeError("bytes cannot be JSON")


async def unsendable(_request, _send):
    return {"methods": [b"x"]}


async def well(_request, _send):
    return "well"


@pytest.mark.parametrize("command", ["fault", "unsendable"])
async def test_a_fault_of_our_own_is_an_answer_too(tmp_path, command, capsys):
    server = ControlServer({"fault": fault, "unsendable": unsendable, "well": well})
    folder = RunFolder(tmp_path)
    await server.start(listen(folder.control))

    def ask():
        with Remote.connect(folder) as remote:
            with pytest.raises(SupervisorError, match=f"{command}: TypeError: "):
                remote.ask(command)
            return remote.ask("well")

    try:
        async with asyncio.timeout(10):
            assert await asyncio.to_thread(ask) == "well"
    finally:
        await server.close()
    assert "Traceback" in capsys.readouterr().err


async def test_a_client_that_goes_away_is_told_as_a_stopped_mesh(tmp_path):
    folder = RunFolder(tmp_path)
    listening = listen(folder.control)
    with Remote.connect(folder) as remote:
        listening.setblocking(True)
        listening.accept()[0].close()
        listening.close()
        with pytest.raises(SupervisorError, match="the mesh has stopped"):
            remote.ask("ps")


async def test_closing_with_a_client_that_waits_is_no_fault(tmp_path, caplog):
    asked = asyncio.Event()

    async def wait(_request, _send):
        asked.set()
        await asyncio.Event().wait()

    server = ControlServer({"wait": wait})
    folder = RunFolder(tmp_path)
    await server.start(listen(folder.control))
    with Remote.connect(folder) as remote:
        waiting = asyncio.create_task(asyncio.to_thread(ended, remote))
        async with asyncio.timeout(10):
            await asked.wait()
            await server.close()
            assert await waiting
    assert caplog.text == ""


def ended(remote):
    with pytest.raises(SupervisorError, match="the mesh has stopped"):
        remote.ask("wait")
    return True
