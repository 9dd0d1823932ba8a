"""A Milvus that holds what is searched, in place of FAISS and tantivy: numbers only, no letter of an article."""
