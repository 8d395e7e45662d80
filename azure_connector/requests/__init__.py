"""The caller's request, made to fit one deployment."""
