"""Alerts: what is unusual now, by place and theme; episodes, thresholds from a budget of false alarms, and their replay."""
