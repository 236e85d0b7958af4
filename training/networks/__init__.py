"""Networks: each reads rows (improv.encoding) and gives log-probabilities of the next note's fields."""
