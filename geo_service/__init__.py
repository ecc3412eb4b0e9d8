"""The service: tiles, statistics and live changes, answered from a columnar replica of the incidents."""

__version__ = "0.2.0"
