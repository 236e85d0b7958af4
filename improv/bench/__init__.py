"""`improv bench`: how prompt improv is on this machine, and whether that will do."""
