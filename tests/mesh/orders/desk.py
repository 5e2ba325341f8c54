"""Takes orders over HTTP; what is no order is refused before any other service hears of it."""

from typing import Annotated

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

from meshkernel import RemoteError, link

prices = link("prices")
app = FastAPI()


class Order(BaseModel):
    product: Annotated[str, Field(min_length=2)]
    quantity: Annotated[int, Field(ge=1, le=99)] = 1


@app.post("/orders", status_code=201)
async def order(order: Order) -> dict[str, object]:
    try:
        price = await prices.of(product=order.product)
    except RemoteError as error:
        raise HTTPException(404, f"nobody sells {order.product}") from error
    return {"ordered": order, "cents": price * order.quantity}
