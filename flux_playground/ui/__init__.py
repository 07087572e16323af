"""The page. The only folder that imports gradio; nothing imports it but `app.py`.

page.py      wiring, and how it is launched     layout.py      where everything stands
acts.py      what can be done                   following.py   watching what is under way
desk.py      what a tab is doing                recall.py      from a picture back to the form
fields.py    a field → its input                labels.py      taste, for names that we know
tools.py     dice and shapes beside inputs      theme.py       colours and type of gradio's parts
result.py    the stage                          history.py     the recent pictures
words.py     errors and states in words         problems.py    why Generate cannot
guard.py     doors that stay shut               pictures.py    the routes of the pictures
markup.py    HTML, safely                       connection.py  who draws and who pays
tray.py      where recipes stand                recipes.py     what can be done with them
opening.py   what was dropped, pasted, linked   dropping.py    the table of what it would change
code.py      a request as link and code         reproduction.py  made again, and how it came out
price.py     what the next one will cost        quoting.py     the API's own words
"""

from .page import build, options

__all__ = ["build", "options"]
