"""A FastAPI application in a machine, asked over its exposed port."""

from __future__ import annotations

import httpx
import pytest

from meshkernel.testing import running_mesh

from .conftest import copied

pytestmark = pytest.mark.machine


@pytest.fixture(scope="module")
def mesh(images):
    with running_mesh(copied("orders", "orders", images) / "topology.toml") as mesh:
        yield mesh


@pytest.fixture
def client(mesh):
    with httpx.Client(base_url=mesh.url("desk"), timeout=120, trust_env=False) as client:
        yield client


def test_an_order_costs_what_the_other_service_says(client):
    answer = client.post("/orders", json={"product": "pear", "quantity": 3})
    assert answer.status_code == 201
    assert answer.json() == {"ordered": {"product": "pear", "quantity": 3}, "cents": 135}


def test_what_is_no_order_is_refused_with_the_reasons(client):
    answer = client.post("/orders", json={"product": "p", "quantity": 100})
    assert answer.status_code == 422
    reasons = {(fault["loc"][-1], fault["type"]) for fault in answer.json()["detail"]}
    assert reasons == {("product", "string_too_short"), ("quantity", "less_than_equal")}


def test_what_the_other_service_raises_is_told_in_words_of_http(client):
    answer = client.post("/orders", json={"product": "plum"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "nobody sells plum"})
