"""Counting: the columnar replica of the incidents and every number that is made from it."""
