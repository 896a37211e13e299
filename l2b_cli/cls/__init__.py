"""The command line tool `l2b-cls`; nothing outside this folder imports it."""
