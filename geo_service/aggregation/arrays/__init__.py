"""Array building blocks: compiled kernels, growable arrays, and splitting work over threads."""
