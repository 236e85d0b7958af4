"""`improv-train audition`: judges what a model plays, beside what people play, not what it predicts."""
