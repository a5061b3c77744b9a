"""Prints the body at a URL."""
import sys, urllib.request

sys.stdout.write(urllib.request.urlopen(sys.argv[1], timeout=20).read().decode())
