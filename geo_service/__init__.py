"""The service: tiles, statistics and live changes, answered from a columnar replica of the incidents."""
