"""The runtime inside the unikernel: loads the service, serves its functions, calls its peers."""
