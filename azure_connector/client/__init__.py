"""The two clients, the flow of a call, and what sends it: the only room that puts the others together."""
