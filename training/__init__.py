"""What makes improv's models: music in, an ONNX step out. The instrument itself never imports this."""
