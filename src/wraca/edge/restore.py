"""The saved cart, for the page of the shop to which a message's link led."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wraca.app.answers import RestoredCart
from wraca.edge.errors import Problem, json_answer, problem_answer
from wraca.edge.keys import Keyring, origin_of, sharing
from wraca.edge.services import Services
from wraca.edge.tokens import NOT_FOUND, Tokens


class SavedCarts:
    """`/v1/restore/{token}`."""

    def __init__(self, services: Services, keyring: Keyring, tokens: Tokens) -> None:
        self._services = services
        self._keyring = keyring
        self._tokens = tokens

    def routes(self) -> list[Route]:
        """The one path."""
        return [Route("/v1/restore/{token}", self._lines, methods=["GET", "OPTIONS"])]

    async def _lines(self, request: Request) -> Response:
        """The saved cart for the shop's page; it names no person."""
        origin = origin_of(request)
        known = await self._keyring.knows(origin)
        if request.method != "GET":
            return Response(None, 204, {**sharing(origin if known else ""), "Access-Control-Allow-Methods": "GET"})
        try:
            cart = await self._tokens.look_up(request, lambda token: self._services.restore_lines(token, self._services.now()))
        except Problem as problem:
            return problem_answer(problem, sharing(origin if known else ""))
        if cart is None or (origin and origin not in cart.origins):
            return problem_answer(NOT_FOUND, sharing(origin if known else ""))
        return json_answer(_cart_json(cart), {**sharing(origin), "Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex"})


def _cart_json(cart: RestoredCart) -> dict[str, object]:
    lines = [
        {
            "product_id": line.product_id,
            "variant": line.variant,
            "quantity": line.quantity,
            "name": line.name,
            "price": line.price,
            "image_url": line.image_url,
            "url": line.url,
        }
        for line in cart.lines
    ]
    return {"lines": lines, "currency": cart.currency, "coupon": cart.coupon, "stage": cart.stage.name.lower()}
