"""Linear algebra in OpenBLAS, each result checked against a computation without it."""

from __future__ import annotations

import math
import random
import tempfile
import threading
from pathlib import Path

import numpy as np

SIZE = 48
FLOAT_ERRORS = ("divide", "invalid", "over")


def product(left: list[list[int]], right: list[list[int]]) -> list[list[int]]:
    """A matrix product in Python's own integers."""
    columns = list(zip(*right, strict=True))
    return [
        [sum(a * b for a, b in zip(row, column, strict=True)) for column in columns] for row in left
    ]


def integers(size: int, seed: int) -> list[list[int]]:
    """A square matrix, small enough that sums of products are exact in a float."""
    chooser = random.Random(seed)
    return [[chooser.randint(-999, 999) for _ in range(size)] for _ in range(size)]


def products() -> None:
    left, right = integers(SIZE, 1), integers(SIZE, 2)
    expected = product(left, right)
    for kind in ("float64", "complex128", "int64", "float32"):
        # 999 * 999 * 48 does not fit into float32's 24 bits.
        scale = 1 if kind != "float32" else 100
        small = [[value // scale for value in row] for row in left]
        wanted = (
            expected if scale == 1 else product(small, [[v // scale for v in r] for r in right])
        )
        other = right if scale == 1 else [[value // scale for value in row] for row in right]
        got = np.array(small, dtype=kind) @ np.array(other, dtype=kind)
        print(kind, (got == np.array(wanted)).all())
    large = np.array(integers(300, 3), dtype=float)
    # The sums of a product's columns are those of the left matrix, times the right one.
    print("large", np.array_equal(large.sum(axis=0) @ large, (large @ large).sum(axis=0)))


def decompositions() -> None:
    matrix = np.array(integers(SIZE, 4), dtype=float)
    vector = np.arange(SIZE, dtype=float)
    print("solve", np.allclose(matrix @ np.linalg.solve(matrix, matrix @ vector), matrix @ vector))
    left, values, right = np.linalg.svd(matrix)
    print(
        "svd", np.allclose((left * values) @ right, matrix), bool((values[:-1] >= values[1:]).all())
    )
    symmetric = matrix + matrix.T
    values, vectors = np.linalg.eigh(symmetric)
    print("eigh", np.allclose(vectors @ np.diag(values) @ vectors.T, symmetric))
    orthogonal, upper = np.linalg.qr(matrix)
    print("qr", np.allclose(orthogonal @ upper, matrix), np.allclose(upper, np.triu(upper)))
    lower = np.linalg.cholesky(matrix @ matrix.T)
    print("cholesky", np.allclose(lower @ lower.T, matrix @ matrix.T))
    print("determinant", round(float(np.linalg.det(np.array([[2.0, 1], [7, 4]]))), 9))
    try:
        np.linalg.inv(np.zeros((2, 2)))
    except np.linalg.LinAlgError as error:
        print("singular", error)


def vectors() -> None:
    """Loops that numpy has for each set of vector instructions, against `math`."""
    points = np.linspace(0.1, 9.7, 1001)
    for name in ("sin", "cos", "exp", "log", "sqrt", "tanh"):
        expected = [getattr(math, name)(float(x)) for x in points]
        print(name, np.allclose(getattr(np, name)(points), expected, rtol=1e-14, atol=1e-15))
    values = np.random.default_rng(7).integers(-1000, 1000, 4001)
    print("sort", np.sort(values).tolist() == sorted(values.tolist()))
    print("argsort", values[np.argsort(values, kind="stable")].tolist() == sorted(values.tolist()))
    print("half", np.array([0.1, 65504, 1e-8]).astype(np.float16).tolist())
    print("fft", np.allclose(np.fft.ifft(np.fft.fft(points)).real, points))
    print("random", np.random.default_rng(1).integers(0, 100, 5).tolist())


def float_errors() -> None:
    with np.errstate(all="raise"):
        for operation in (
            lambda: np.float64(1) / np.float64(0),
            lambda: np.array([1.0, 2.0]) / np.array([0.0, 1.0]),
            lambda: np.sqrt(np.array([-1.0] * 9)),
            lambda: np.exp(np.array([1000.0] * 9)),
            lambda: np.float64(5e-324) / np.float64(3e10),
        ):
            try:
                print("no error", operation())
            except FloatingPointError as error:
                print(error)


def threads() -> None:
    """Each computes by itself: the registers of one must not get into another's."""
    matrices = [np.array(integers(160, seed), dtype=float) for seed in range(4)]
    expected = [matrix @ matrix for matrix in matrices]
    wrong = []

    def multiply(index: int) -> None:
        for _ in range(5):
            if not np.array_equal(matrices[index] @ matrices[index], expected[index]):
                wrong.append(index)

    running = [threading.Thread(target=multiply, args=(index,)) for index in range(4)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    print("threads", wrong)


def files() -> None:
    path = Path(tempfile.gettempdir()) / "meshkernel-numpy.npy"
    values = np.arange(100_000, dtype=np.int32)
    np.save(path, values)
    mapped = np.load(path, mmap_mode="r")
    print("mapped", int(mapped.sum()) == 99_999 * 50_000, type(mapped).__name__)
    path.unlink()
    print("text", np.array2string(np.arange(6).reshape(2, 3) / 4), repr(np.float32(0.1)))
    print("structured", np.array([(1, "a")], dtype=[("n", "<i4"), ("t", "U3")])["t"][0])


products()
decompositions()
vectors()
float_errors()
threads()
files()
