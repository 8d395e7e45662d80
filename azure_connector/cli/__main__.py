"""`python -m azure_connector.cli`: the same as the command `azure-connector`."""

from . import main

main()
