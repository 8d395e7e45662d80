"""A server of one tool over standard input and output."""

from mcp.server.fastmcp import FastMCP

server = FastMCP("clock")


@server.tool()
def get_time(city: str) -> str:
    """Get the time in a city"""
    return f"It is noon in {city}"


server.run()
