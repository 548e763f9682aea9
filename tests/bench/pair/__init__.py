"""Whether a model that reads message and stored pair together knows near misses better.

docs/pair-model.md tells what came out. Nothing here is part of the product.
"""
