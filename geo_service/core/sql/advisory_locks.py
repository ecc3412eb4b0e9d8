"""The numbers of PostgreSQL's advisory locks, each in one place. SQL names them `${lock.duplicates}`, see `named_queries`.

A lock's number is a bigint. These contain "geo" in ASCII, so that other programs in the same database hardly use the same ones.
The locks of Idempotency-Keys and of Open311 pulls are hashes, see `idempotency.acquire_lock` and `open311.acquire_pull_lock`.
"""

_GEO = 0x67656F

MIGRATION = _GEO
"""Held by whoever migrates the schema: one migration at a time, however many services start together."""

GEOCODE_BACKLOG = _GEO + 1
"""Held by the process that works through the geocoding queue."""

DUPLICATES = _GEO + 2
"""Held by a transaction from recording its status changes and linking its duplicates to its end. Whoever has shared it since
an instant sees every status change recorded before then."""

ALERTS = _GEO + 3
"""Held by the session of the process that detects alerts, calibrates their thresholds and sends them: one process does."""

RUN_CLASS = _GEO
"""The upper 32 bits of the locks of ingest runs; the lower ones are the run's id."""

RUNS = RUN_CLASS << 32
"""Added to a run's id: held by the session of the run for as long as it lives."""
