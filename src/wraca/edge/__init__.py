"""The public HTTP edge: events in, links of messages out. Parse, call one use case, answer."""

from wraca.edge.application import edge_app
from wraca.edge.services import Limits, Rate, Services

__all__ = ["Limits", "Rate", "Services", "edge_app"]
