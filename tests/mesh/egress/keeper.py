"""Keeps things in a Redis outside of the mesh."""

import errno
import socket

import redis

from meshkernel import rpc

PLACE = ("redis", 6379)


def client() -> redis.Redis:
    return redis.Redis(*PLACE, socket_timeout=20, socket_connect_timeout=20)


@rpc
def work(count: int) -> dict:
    """Values, a pipeline, a value of a mebibyte, and a message from a publisher to a subscriber."""
    with client() as store:
        store.set("name", "ann")
        with store.pipeline() as pipeline:
            for number in range(count):
                pipeline.incrby("sum", number)
            sums = pipeline.execute()
        large = bytes(range(256)) * 4096
        store.set("large", large)
        heard = store.pubsub()
        heard.subscribe("news")
        heard.get_message(timeout=10)
        store.publish("news", "hello")
        message = heard.get_message(timeout=10)
        heard.close()
        return {
            "name": store.get("name").decode(),
            "sum": sums[-1],
            "large": store.get("large") == large,
            "message": message["data"].decode() if message else None,
        }


@rpc
def get(key: str) -> str:
    """Raises what redis-py raises."""
    with client() as store:
        return (store.get(key) or b"").decode()


@rpc
def reach(host: str, port: int, seconds: float = 20.0) -> str:
    """The name of the error of a plain connection, or nothing."""
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except socket.gaierror:
        return "unknown name"
    except TimeoutError:
        return "timed out"
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return ""
