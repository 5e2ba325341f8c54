"""An exception that nobody catches."""


def inner(number: int) -> float:
    return 1 / number


def outer() -> None:
    try:
        inner(0)
    except ZeroDivisionError as error:
        raise RuntimeError("it failed") from error


print("before")
outer()
