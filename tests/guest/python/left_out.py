"""Does what no image can foresee: it uses sockets whose names it puts together while it runs."""

import _socket
import asyncio
import errno
import threading

MAKE = getattr(_socket, "so" + "cket")
CONNECT = getattr(asyncio, "open_" + "connection")
DATAGRAMS = asyncio.DatagramProtocol  # so that there is a call that connects


async def main() -> None:
    loop = asyncio.get_running_loop()
    woken = asyncio.Event()
    threading.Thread(target=loop.call_soon_threadsafe, args=(woken.set,)).start()
    await woken.wait()
    print("woken over a pair")

    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    try:
        await CONNECT(*server.sockets[0].getsockname())
    except OSError as error:
        print(errno.errorcode[error.errno])
    for _ in range(2):
        try:
            MAKE(1, _socket.SOCK_STREAM)
        except OSError as error:
            print(errno.errorcode[error.errno])


asyncio.run(main())
