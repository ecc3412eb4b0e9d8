"""Processes that take signals as one at a terminal does."""

import signal


def take_signals() -> None:
    """Let signals have their usual effect; called in a new process.

    It inherits that they are ignored where the tests run in the background.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
