"""A program with troubles, watched by raven. Run as a process of its own: `python raven_client.py DSN`."""

import sys

import raven
from raven.transport.http import HTTPTransport

client = raven.Client(sys.argv[1], transport=HTTPTransport, release="shop@1.2.3")
client.user_context({"id": 42, "email": "user@example.com"})


def price(item, currency):
    return item["prices"][currency]


try:
    price({"name": "tea", "prices": {}, "weight": float("nan")}, "EUR")
except KeyError:
    client.captureException(tags={"colour": "red"}, extra={"ratio": float("inf")})
client.captureMessage("the disk %s is full", params=("sda",), level="warning", stack=True)
