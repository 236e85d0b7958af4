"""The features of any network, traced through TensorFlow and tf2onnx: more nodes than by hand, but no work."""

from __future__ import annotations

from typing import Any

from improv.encoding import COLUMNS
from training.graphs.builder import OPSET, Graph


def features(graph: Graph, network: Any) -> tuple[str, str]:
    """From `rows` and `state`: features (B, K, F) and last features before (B, F); adds the output `state_out`."""
    import tensorflow as tf
    import tf2onnx
    import tf2onnx.optimizer

    signature = [
        tf.TensorSpec((None, None, len(COLUMNS)), tf.int32, name="rows"),
        tf.TensorSpec((None, network.state_size), tf.float32, name="state"),
    ]

    @tf.function(input_signature=signature)  # type: ignore[untyped-decorator]
    def trace(rows: Any, state: Any) -> Any:
        found, after = network.features(rows, state)
        return {"features": found, "last": network.last_features(state), "state_out": after}

    # It turns every mean of a layer norm into a pooling that onnxruntime cannot fuse.
    optimizers = tf2onnx.optimizer._get_optimizers()
    pooling = optimizers.pop("global_pool_optimizer", None)
    try:
        model, _ = tf2onnx.convert.from_function(trace, input_signature=signature, opset=OPSET)
    finally:
        if pooling is not None:
            optimizers["global_pool_optimizer"] = pooling
    graph.embed(model)
    return "features", "last"
