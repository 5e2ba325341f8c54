"""Ways of running one service of a plan: as a unikernel, as a Linux microVM, as a process."""
