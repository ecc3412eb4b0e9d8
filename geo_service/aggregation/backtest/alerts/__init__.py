"""How good alerts are: what the desk has found them to be, and how much earlier they come than the list of the worst districts."""
