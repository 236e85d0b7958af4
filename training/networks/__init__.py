"""Networks: each reads rows (improv.encoding) and gives log-probabilities of the next note's fields."""

#: What `--network` takes; `kinds` has their classes. Kept here, where naming them imports no Keras.
NAMES = ("wavenet", "lstm", "lstm-carried", "article")
