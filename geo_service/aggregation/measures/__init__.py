"""Measures: the numbers of a group of incidents, how they compare, and the classes they fall into."""
