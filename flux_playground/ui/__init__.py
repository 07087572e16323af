"""The page. The only folder that imports gradio; nothing imports it but `app.py`. What its files are about:

page, layout, theme            how the page is built, where everything stands on it, how it looks
bridge, wiring, carrying       how an act reaches the program: the events, and what is written when they are done
acts, following, desk, visit   what can be done, watching what is under way, what a tab is doing and for how long
fields, inputs, parts, bounds  a field of the schema → its inputs; labels and tools are taste for names that we know
form, endpoints, json_view     the form of an endpoint, several endpoints, the form as JSON; adopting: another document
result, history, gone, price   the stage, the recent pictures, what is left of a removed one, what the next one costs
words, error_words, problems   states and errors in words, why Generate cannot; quoting: the API's own words
recall, recipes, tray, code    from a picture back to the form; recipes, links and code; reproduction: made again
opening, dropping              what was dropped, pasted or linked, and what it would change
account, connection            the account behind a key, and who draws and who pays
guard, throttle, whence        doors that stay shut, how much one address may ask, whom a request comes from
pictures, addresses, uploads   the routes of the pictures, their addresses, what visitors sent up; health: for owners
uploaded_files                 which files a browser may name
api, mcp, endpoint_tools       the endpoints for programs
sparing, assets, chunks        gradio's blocks without what nobody asks for; the page's files, sent at once and kept
markup                         pieces of HTML, safely
"""

from .page import build, options

__all__ = ["build", "options"]
