"""What both command line tools share: errors with exit codes, atomic writes, the command line shell."""
