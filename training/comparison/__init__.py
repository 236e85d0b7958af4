"""The comparison: networks of equal size, trained for equal time, beside what needs no training, on held-out music."""
