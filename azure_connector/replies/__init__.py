"""Replies, whole and streamed: parsed, normalized, with `azure_info`."""
