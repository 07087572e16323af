"""Actions of recipes: reproduce an image, show its recipe and code, import settings from a file or a text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ... import reproduce
from ...errors import InvalidRecipe, InvalidRequest, PlaygroundError
from ...generation import Generation
from ...recipe import Detected, build_link, dump_recipe
from ..events.action import action
from ..events.context import Context
from ..events.replace_form import replace_form
from ..events.update import Update
from ..form import image_list
from ..gradio_patches.uploaded_files import uploaded_path
from ..text import field_hints, notices
from . import code_panel, import_view, reproduction_view, settings_import

MAX_TEXT_CHARS = 1_000_000
PRESELECTED = frozenset({"finetune_id"})
"""Fields that the page fills in before the user does."""


@action("panel")
async def show_panel(context: Context) -> Update:
    """Show a panel below the image: "recipe", "code", or "outcome", the comparison of a reproduction."""
    what = context.text("what")
    generation = await context.find_own() if what else None
    if generation is None or generation.image is None:
        return Update(panel="")
    if what == "recipe":
        return Update(panel=reproduction_view.render_recipe(generation, dump_recipe(reproduce.recipe(generation))))
    if what == "code":
        server, note = code_panel.choose_server(context, generation.endpoint, generation.server)
        code = code_panel.render_code("image", server, generation.endpoint, reproduce.values(generation), note)
        return Update(panel=reproduction_view.render_panel("code", "Code for this image", generation.id, code))
    return Update(panel=await _compare_with_original(context, generation) if what == "outcome" else "")


@action("draft", reads_form=True)
async def show_code(context: Context) -> Update:
    """Show the form as a link and as code, or say why it cannot be code yet."""
    if not context.data.get("open"):
        return Update(code="")
    form, operation = context.form, context.operation
    values = form.read(context.raw)
    try:
        names = [field.name for field in form.fields if not (field.secret or field.media)]
        query = build_link(values, names, operation.path)
    except InvalidRecipe:
        query = ""
    try:
        request = await context.run(
            lambda: context.playground.preview_request(values, context.visitor, endpoint=operation.path)
        )
        server, note = code_panel.choose_server(context, operation.path)
        body = code_panel.render_code("form", server, operation.path, request, note, query)
    except InvalidRequest as error:
        body = code_panel.render_link(query) + notices.render_field_errors(error.details, form.fields)
    except PlaygroundError as error:
        body = code_panel.render_link(query) + notices.render_error(error)
    return Update(code=reproduction_view.render_panel("draft", "Share or copy as code", "form", body))


@action("paste", reads_form=True)
async def paste(context: Context) -> Update:
    """Show what a pasted text would change in the form."""
    return await _preview(context, context.text("text")[:MAX_TEXT_CHARS])


@action("openlink", writes_form=True)
async def open_link(context: Context) -> Update:
    """Put the settings of the page's address into an untouched form; otherwise show what they would change."""
    update = await _preview(context, context.text("text")[:MAX_TEXT_CHARS])
    preview = context.session.pending_import
    is_untouched = not set(context.form.changed(context.raw)).difference(PRESELECTED)
    if preview is None or not preview.is_complete or not is_untouched:
        return update
    if not preview.changes:
        return Update(dialog="", notice=notices.notice("The form has the settings of the link already."))
    inputs = await context.run(settings_import.import_inputs, context, preview)
    return _close_dialog(context, inputs, "Settings loaded from the link.")


@action("dropped", reads_form=True)
async def preview_file(context: Context) -> Update:
    """Show what an uploaded file would change in the form; raises `gradio.Error` for any other path of a client."""
    return await _preview(context, Path(uploaded_path({"path": context.text("path")})))


@action("reopen", reads_form=True)
async def preview_again(context: Context) -> Update:
    """Show the import that was opened last, for the form of another endpoint."""
    pending = context.session.pending_import
    is_import = isinstance(pending, settings_import.ImportPreview) and pending.source is not None
    return await _preview(context, pending.source) if is_import else Update(dialog="")


@action("apply", writes_form=True)
async def apply_import(context: Context) -> Update:
    """Put the settings of the open import into the form."""
    pending = _take_pending(context)
    inputs: Mapping[str, Any] = {}
    if pending is not None:
        inputs = await context.run(settings_import.import_inputs, context, pending)
    return _close_dialog(context, inputs, "Settings applied.")


@action("asimage", writes_form=True)
async def use_as_image_prompt(context: Context) -> Update:
    """Add the image of the open import, or of a generation, to the images in the form."""
    image: Path | bytes | None
    if context.text("id"):
        generation = await context.find_own()
        image = await context.run(_read_image, context, generation) if generation is not None else None
    else:
        pending = _take_pending(context)
        image = pending.image if pending is not None and pending.image is not None and pending.image.is_file() else None
    shapes = [(field, field.images) for field in context.form.fields if field.images is not None]
    fields = [(field, shape.most) for field, shape in shapes if shape.takes_data]
    if image is None or not fields:
        return _close_dialog(context, {}, "")
    # The first field that is empty or takes another one; if all are full, the first one.
    has_room = (field for field, most in fields if not context.raw.get(field.name) or most != 1)
    field = next(has_room, fields[0][0])
    content = await context.run(image_list.add_image, field, context.raw.get(field.name), image)
    return _close_dialog(context, {field.name: content}, f"Image added to {field_hints.label(field)}.")


async def _preview(context: Context, source: Path | str | Detected) -> Update:
    """Show what a file or a text would change; the session keeps it for `apply_import`."""
    try:
        preview = await context.run(settings_import.preview_import, context, source)
    except InvalidRecipe as error:
        context.session.pending_import = None
        return Update(dialog=import_view.render_failure(error.message))
    context.session.pending_import = preview
    return Update(dialog=import_view.render_import(preview))


def _read_image(context: Context, generation: Generation) -> bytes | None:
    try:
        return context.playground.store.read_image(generation)
    except OSError:
        return None


def _take_pending(context: Context) -> settings_import.ImportPreview | None:
    pending, context.session.pending_import = context.session.pending_import, None
    return pending if isinstance(pending, settings_import.ImportPreview) else None


def _close_dialog(context: Context, inputs: Mapping[str, Any], text: str) -> Update:
    update = replace_form(context, inputs, text if inputs else "Nothing changed.")
    return Update(notice=update.notice, inputs=update.inputs, dialog="")


async def _compare_with_original(context: Context, generation: Generation) -> str:
    if not generation.reproduces:
        return ""
    original = await context.find_own(generation.reproduces)
    if original is None:
        return reproduction_view.render_missing_original(generation)
    try:
        report = await context.run(reproduce.compare_generations, original, generation, context.playground.store)
    except PlaygroundError as error:
        report = reproduce.Report(None, (), error.message)
    return reproduction_view.render_comparison(original, generation, report)
