"""Speed, measured side by side: `make bench`, or `python -m benchmarks.speed`."""
