"""Alerts in the service: stored, watched, worded, served and sent; the tests behind them are in `aggregation.alerts`."""
