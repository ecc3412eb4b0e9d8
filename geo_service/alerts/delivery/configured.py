"""The targets that the settings name."""

from geo_service.alerts.delivery.mail import MailTarget, parse_smtp_url
from geo_service.alerts.delivery.target import Target
from geo_service.alerts.delivery.webhooks import read_webhooks
from geo_service.core.errors import SettingsError
from geo_service.core.settings import Settings


def make_targets(settings: Settings) -> list[Target]:
    """Return webhooks and mail as configured. Raises `SettingsError`."""
    targets: list[Target] = [*read_webhooks(settings.webhooks)]
    if settings.smtp_url and settings.alerts_mail_from:
        try:
            server = parse_smtp_url(settings.smtp_url.get_secret_value())
        except ValueError as error:
            # Not the value: it may have a password in it.
            raise SettingsError(f"settings cannot be used: GEO_SMTP_URL: {error}") from None
        targets.append(MailTarget(server, settings.alerts_mail_from, settings.alerts_mail_to))
    return targets
