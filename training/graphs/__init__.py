"""The exported step as an ONNX graph, node by node: what a note costs in playing is decided here."""
