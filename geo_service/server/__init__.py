"""The process: wires the application, runs it, warms it up, and wraps it in middleware."""
