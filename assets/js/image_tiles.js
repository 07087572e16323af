// The elements of a list of images.
import { $, createElement } from "./dom.js";
import { checkOf } from "./image_checks.js";
import { blockOf, boundsOf } from "./image_entries.js";
import { thumbnailOf } from "./image_upload.js";

export function createImageList(box) {
  const { most, takesFiles, takesAddresses } = boundsOf(box);
  const label = $("[data-testid=block-info]", blockOf(box))?.textContent.trim() || "Images";
  const one = most === 1;
  const list = createElement("div", { className: one ? "image-list one" : "image-list", role: "group", ariaLabel: label });
  list.innerHTML = `<ol></ol><div class="add">
    <input type="file" accept="image/*"${one ? "" : " multiple"} tabindex="-1" aria-label="Files">
    <button type="button" class="quiet framed" data-do="files">${one ? "Choose image" : "Add images"}</button>
    <button type="button" class="quiet framed" data-do="address">Add URL</button><span class="count-note"></span></div>
    <div class="address" hidden><input type="url" aria-label="Image URL" placeholder="https://…" spellcheck="false">
    <button type="button" class="quiet framed" data-do="add">Add</button><button type="button" class="quiet" data-do="cancel">Cancel</button>
    <p role="alert"></p></div>`;
  $("[data-do=files]", list).hidden = !takesFiles;
  $("[data-do=address]", list).hidden = !takesAddresses;
  blockOf(box).after(list);
  return list;
}

export function createTile(entry, index, count, isFaulty) {
  const number = index + 1;
  const { kind, text = "", short = "" } = checkOf(entry.path) || {};
  const tile = createElement("li", { draggable: count > 1, title: text });
  tile.dataset.index = index;
  tile.classList.toggle("wrong", kind === "fault" || isFaulty);
  if (entry.path) {
    const image = createElement("img", { src: thumbnailOf(entry.path), alt: `Image ${number}`, decoding: "async", draggable: false });
    image.addEventListener("error", () => image.replaceWith(createElement("span", { className: "name", textContent: fileNameOf(entry.path) })));
    tile.append(image);
  } else tile.append(createElement("span", { className: "name", textContent: entry.address, title: entry.address }));
  if (count > 1) tile.append(createElement("b", { textContent: number }));
  if (count > 1 || isFaulty) tile.append(createElement("small", { textContent: entry.address ? "URL" : short }));
  const controls = createElement("span", { className: "controls" });
  const button = (name, label, drawing, disabled) => {
    const control = createElement("button", { type: "button", className: "tiny", ariaLabel: label, title: label, disabled });
    control.dataset.do = name;
    control.innerHTML = `<svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path d="${drawing}"/></svg>`;
    controls.append(control);
  };
  if (count > 1) {
    button("left", `Move image ${number} left`, "M15 6l-6 6 6 6", index === 0);
    button("right", `Move image ${number} right`, "M9 6l6 6-6 6", number === count);
  }
  button("remove", count > 1 ? `Remove image ${number}` : "Remove image", "M6 6l12 12M18 6L6 18", false);
  tile.append(controls);
  return tile;
}

const fileNameOf = (path) => path.split(/[\\/]/).pop();
