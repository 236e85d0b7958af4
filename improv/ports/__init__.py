"""The port process: MIDI in and out, each message at its moment."""
