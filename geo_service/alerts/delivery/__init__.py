"""Messages about alerts that leave the service: webhooks and mail, by way of an outbox in the database."""
