"""Files of tiles that need no service behind them: where tiles wait until all are made, and one writer a format."""
