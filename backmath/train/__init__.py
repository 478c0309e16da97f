"""The commands of `backmath train`."""
