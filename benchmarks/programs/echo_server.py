"""The program that all peers run: an asyncio echo server on port 9000."""

import asyncio


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back whatever comes, until the client closes."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def main() -> None:
    """Listen, say so, and serve."""
    server = await asyncio.start_server(echo, "0.0.0.0", 9000, backlog=128)
    print("READY", flush=True)
    async with server:
        await server.serve_forever()


asyncio.run(main())
