"""Probabilities and test statistics behind alerts and measures: compiled, exact far into the tails, without SciPy at run time."""
