"""The tests of alerts: what is more than a baseline lets expect, locally and in total."""
