"""One virtual machine: its arguments, its console and control channel, its end."""
