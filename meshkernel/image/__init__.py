"""Images: library OS, interpreter, modules and service as one reproducible bootable file."""
