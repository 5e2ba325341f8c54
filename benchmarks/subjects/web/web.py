"""Says what an order costs."""

from typing import Annotated

from fastapi import FastAPI
from pydantic import BaseModel, Field

CENTS = 30
app = FastAPI()


class Order(BaseModel):
    product: Annotated[str, Field(min_length=2)]
    quantity: Annotated[int, Field(ge=1, le=99)] = 1


@app.post("/orders", status_code=201)
async def order(order: Order) -> dict[str, object]:
    return {"ordered": order, "cents": CENTS * order.quantity}
