"""HTTP clients, aiohttp, TLS, the JSON request, the end of a body, redirects."""
