"""The realtime WebSocket, in text: GA on v1, preview on classic."""
