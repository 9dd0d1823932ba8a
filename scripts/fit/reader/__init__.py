"""The training of the reader (``rag/reader``): questions and windows, the model in torch, training, measuring, export."""
