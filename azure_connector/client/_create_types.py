"""What type checkers see of the SDK's `create()`, `parse()` and `stream()` stands in the stub; nothing of it runs."""
