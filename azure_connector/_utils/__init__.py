"""Helpers that know no Azure: JSON told apart, texts, HTML tables, single flight, background tasks, fork hooks."""
