"""Playing together, measured: improv beside a human partner and straw men, with the same player."""
