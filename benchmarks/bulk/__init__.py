"""Bulk work measured: `make bench-bulk`."""
