"""improv listens to a musician and plays with them: MIDI in, a neural improviser's notes out."""
