// Sends files to the program, one after the other, and keeps small copies to show.
import { showToast } from "./announcements.js";
import { addPressCheck } from "./bridge.js";

const MAX_FILE_BYTES = 100_000_000;
const THUMBNAIL_PIXELS = 240;
const smallCopies = new Map(); // path → address of a small copy in the browser
let lastUpload = Promise.resolve();
let uploadCount = 0;

export function installImageUpload() {
  addPressCheck(() => {
    if (uploadCount) showToast("An image is still uploading.");
    return uploadCount > 0;
  });
}

export const rejectReason = (file) =>
  file.type && !file.type.startsWith("image/")
    ? "is not an image. Choose a JPEG, PNG or WebP file."
    : file.size > MAX_FILE_BYTES
      ? "is larger than 100 MB."
      : "";

const gradioRoot = () => (window.gradio_config?.root || "").replace(/\/+$/, "");

export function thumbnailOf(path) {
  return smallCopies.get(path) || `${gradioRoot()}/gradio_api/file=${path.split("/").map(encodeURIComponent).join("/")}`;
}

// Returns the path of the file at the program; throws an error with a sentence.
export function uploadImage(file) {
  uploadCount += 1;
  const sent = lastUpload.then(() => uploadWithThumbnail(file)).finally(() => (uploadCount -= 1));
  lastUpload = sent.catch(() => {});
  return sent;
}

async function uploadWithThumbnail(file) {
  const path = await uploadFile(file);
  await keepThumbnail(path, file);
  return path;
}

export async function uploadFile(file) {
  const body = new FormData();
  body.append("files", file);
  let response;
  try {
    response = await fetch(`${gradioRoot()}/gradio_api/upload`, { method: "POST", body });
  } catch {
    throw new Error("could not be uploaded. Check the connection.");
  }
  if (!response.ok) throw new Error(response.status === 429 ? "could not be uploaded. Try again in a minute." : "could not be uploaded.");
  return (await response.json())[0];
}

// A photo takes 50 MB of memory when it is drawn; a small copy is drawn instead.
async function keepThumbnail(path, file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, THUMBNAIL_PIXELS / Math.min(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.max(1, bitmap.width * scale), Math.max(1, bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    smallCopies.set(path, URL.createObjectURL(await canvas.convertToBlob()));
  } catch {} // a TIFF, a damaged file: the program says what it is
}
