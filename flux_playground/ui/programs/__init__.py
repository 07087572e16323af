"""The page for programs: its Gradio API and its MCP tools."""
