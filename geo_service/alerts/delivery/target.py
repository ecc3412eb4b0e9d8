"""What the outbox sends to: the protocol of webhooks and mail, and the errors of an attempt."""

from dataclasses import dataclass
from typing import Protocol

from geo_service.aggregation.alerts.model import Episode
from geo_service.aggregation.catalogue.catalogue import Catalogue
from geo_service.alerts.documents import Document


@dataclass(frozen=True, slots=True)
class Message:
    """A message in the outbox."""

    id: str
    """The same in every attempt: a receiver that has seen it has got the message already."""
    body: str


class SendError(Exception):
    """A message has not arrived; the text says why, without secrets. Nothing but the outbox catches it."""

    def __init__(self, message: str, retry_after_s: float = 0, *, is_final: bool = False) -> None:
        """retry_after_s: pause that the receiver asks for. is_final: trying again is of no use."""
        self.retry_after_s, self.is_final = retry_after_s, is_final
        super().__init__(message)


class Target(Protocol):
    """A receiver of messages."""

    @property
    def name(self) -> str:
        """Name in the outbox, in logs and in metrics."""
        ...

    def wants(self, event: str, episode: Episode, catalogue: Catalogue) -> bool:
        """Return whether the receiver is sent this event of this alert."""
        ...

    def render(self, event: str, alert: Document, at: int) -> str:
        """Return the body. alert: its JSON document, with absolute addresses. at: when it happened, seconds since 1970."""
        ...

    async def send(self, message: Message) -> None:
        """Send a message once. Raises `SendError`; returns or raises within half a minute."""
        ...

    async def close(self) -> None:
        """Close connections."""
        ...
