"""What type checkers see of `create()` stands in the stub beside this file; nothing of it runs."""
