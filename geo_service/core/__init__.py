"""What all packages share: errors, model, settings, database access, schema, calendar."""
