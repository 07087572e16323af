// Files that are dropped or pasted onto the images of a field, and images that are dragged to another place.
import { $, $$ } from "./dom.js";
import { addFiles, moveImage } from "./image_list.js";

let dragged = null; // the tile that is dragged

export function installImageDrop() {
  document.addEventListener("dragstart", (event) => (dragged = event.target.closest?.(".image-list li")));
  document.addEventListener("dragend", () => (dragged = null));
  document.addEventListener("dragover", (event) => {
    const list = listAt(event.target);
    const isOver = list && (dragged ? list.contains(dragged) : event.dataTransfer?.types.includes("Files"));
    for (const other of $$(".image-list.over")) if (other !== list) other.classList.remove("over");
    list?.classList.toggle("over", Boolean(isOver && !dragged));
    if (isOver) event.preventDefault();
  });
  document.addEventListener("drop", dropOnList, true);
  document.addEventListener("paste", (event) => {
    const list = event.target.closest?.(".image-list");
    if (list && event.clipboardData?.files.length) {
      event.preventDefault();
      addFiles(list, event.clipboardData.files);
    }
  });
}

const listAt = (target) => target.closest?.(".image-list") || $(".image-list", target.closest?.(".image-field") || document.createElement("i"));

function dropOnList(event) {
  const list = listAt(event.target);
  list?.classList.remove("over");
  if (!list) return;
  event.preventDefault();
  const tile = event.target.closest("li");
  if (dragged && list.contains(dragged)) {
    if (tile) moveImage(list, Number(dragged.dataset.index), Number(tile.dataset.index));
  } else if (event.dataTransfer?.files.length) addFiles(list, event.dataTransfer.files);
}
