"""The parts of a process that alerts need, wired from the settings."""

from collections.abc import Coroutine
from dataclasses import dataclass

from geo_service.aggregation.replica.replica import Replica
from geo_service.alerts.board import CurrentAlerts
from geo_service.alerts.delivery.configured import make_targets
from geo_service.alerts.delivery.outbox import Outbox, Sender
from geo_service.alerts.documents import Context
from geo_service.alerts.methods import AlertMethods
from geo_service.alerts.watcher import AlertWatcher
from geo_service.core.settings import Settings


@dataclass(frozen=True, slots=True)
class Alerting:
    """The board, the watcher that keeps it up to date, and the outbox with its sender."""

    alerts: CurrentAlerts
    watcher: AlertWatcher
    outbox: Outbox
    sender: Sender

    def start(self) -> dict[str, Coroutine[object, object, None]]:
        """Return what runs in the background until it is cancelled, by name."""
        return {"alert watcher": self.watcher.run(), "alert sender": self.sender.run()}


def make_alerting(settings: Settings, url: str, replica: Replica, methods: AlertMethods | None = None) -> Alerting:
    """Make the parts. url: of the database. methods: detect and calibrate.

    Raises `SettingsError` for webhooks and mail that cannot be used.
    """
    alerts, targets = CurrentAlerts(), make_targets(settings)
    outbox = Outbox(targets, lambda: Context(replica.catalogue, settings.zone, settings.public_url or settings.public_path))
    watcher = AlertWatcher(
        url, replica, alerts, methods if settings.alerts else None,
        per_week=settings.alerts_per_week, interval_s=settings.alerts_interval_s, announce=outbox.announce,
    )  # fmt: skip
    # Streams of changes wait for incidents and alerts at once.
    alerts.on_change = replica.wake
    sender = Sender(url, targets, lambda: watcher.status.is_leader)
    watcher.on_notified = sender.wake
    return Alerting(alerts, watcher, outbox, sender)
