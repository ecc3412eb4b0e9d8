"""The `geo` command's first and last moments, in which Ctrl-C ends the process without a traceback."""

import signal


def main() -> None:
    """Run the command line.

    Loading it takes a second, and Python's own end waits for threads: no code is there to catch a KeyboardInterrupt then.
    """
    catches_interrupts = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if catches_interrupts:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from geo_service.cli.main import main as run_command_line

    if catches_interrupts:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        run_command_line()
    finally:
        if catches_interrupts:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
