"""The first weights of the session memory: how far each context is to be trusted before anything is known of a player.

A row for each of `improv.contexts.CONTEXTS`, a column for each degree of `improv.followers.certainty`; 1 is the
network's own weight. Learned by `improv.mixing` itself, four times over 24 files of three kinds of music, with the
network's own bits as they were and at three quarters of that, for a network that knows the music better.
"""

FIRST_WEIGHTS = (
    *(0.11, 0.32, 0.31, 0.3, 0.051, 0.032, 0.35, 0.063, 0.17, 0.12),  # pitch 0
    *(0.062, 0.15, 0.31, 0.2, 0.054, 0.026, 0.093, 0.026, 0.11, 0.021),  # pitch 1
    *(0.084, 0.13, 0.27, 0.3, 0.077, 0.091, 0.16, 0.051, 0.17, 0.25),  # pitch 2
    *(0.33, 0.27, 0.56, 0.52, 0.11, 0.15, 0.19, 0.26, 0.37, 0.28),  # pitch 3
    *(0.16, 0.2, 0.38, 0.89, 0.32, 0.2, 0.41, 0.29, 0.4, 0.38),  # pitch 4
    *(1.3, 2.8, 1.6, 0.78, 0.48, 0.31, 0.47, 0.31, 0.39, 0.37),  # pitch 6
    *(0.054, 0.13, 0.32, 1.1, 0.031, 0.025, 0.064, 0.021, 0.058, 0.066),  # interval 1
    *(0.063, 0.13, 0.36, 0.43, 0.054, 0.044, 0.097, 0.083, 0.19, 0.15),  # interval 2
    *(0.13, 0.19, 0.32, 1.3, 0.089, 0.26, 0.13, 0.22, 0.27, 0.24),  # interval 3
    *(0.43, 0.89, 2.1, 5, 0.26, 0.23, 0.45, 0.62, 0.45, 0.32),  # interval 4
    *(4.2, 38, 38, 54, 2.6, 0.3, 3.5, 0.37, 1.7, 0.34),  # interval 6
    *(0.35, 0.5, 0.91, 0.67, 0.48, 0.23, 0.4, 0.34, 0.35, 0.44),  # outline
    *(0.089, 0.49, 0.96, 1.4, 0.13, 0.11, 0.26, 0.085, 0.26, 0.091),  # chord
    *(0.073, 0.14, 0.39, 0.89, 0.083, 0.052, 0.15, 0.14, 0.27, 0.15),  # bass
    *(0.056, 0.13, 0.38, 0.59, 0.067, 0.15, 0.19, 0.074, 0.12, 0.31),  # any order 4
    *(0.093, 0.17, 0.15, 1.1, 0.072, 0.083, 0.059, 0.086, 0.27, 0.24),  # shape 4
    *(0.57, 0.66, 2.4, 0.85, 0.34, 0.6, 0.96, 0.26, 0.16, 0.34),  # shape 6
)
