"""The page. The only folder that imports gradio; nothing imports it but `app.py`."""
