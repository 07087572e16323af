"""Runs generations: queues, worker threads, the steps of one generation."""
