"""Runs generations: the pipeline from request to image, workers, and queues."""
