"""Knows everything below: settings, urls, the shell of the pages, the command line, the machine it runs on."""
