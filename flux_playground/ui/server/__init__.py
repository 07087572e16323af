"""The ASGI layer in front of Gradio: security, limits, files, images, health."""
