// The lock of the seed. While it is locked, buttons leave the seed of the form as it is; the user can still type one.
// Whatever replaces the whole form (a recipe, a link, JSON) replaces the seed as well.
import { showToast } from "./announcements.js";
import { $, findInput, setAttribute, setField } from "./dom.js";
import { onFrame } from "./rendering.js";
import { localStore } from "./storage.js";

const LOCK_KEY = "flux-seed-locked";
let isLocked = false;

export function installSeedLock() {
  isLocked = localStore.get(LOCK_KEY) === "1";
  onFrame(renderLock);
}

// An empty field has nothing to lock.
const isSeedLocked = () => isLocked && currentSeed() !== "";
const renderLock = () => setAttribute($("[data-act=lock]"), "aria-pressed", isSeedLocked());
const currentSeed = () => findInput("seed")?.value.trim();

// With an empty field, the seed of the shown image is locked.
export function toggleSeedLock() {
  const shown = $("#stage [data-seed]");
  if (currentSeed() === "" && shown) setField("seed", shown.dataset.seed);
  isLocked = !isSeedLocked() && currentSeed() !== "";
  localStore.set(LOCK_KEY, isLocked ? "1" : "0");
  renderLock();
  showToast(lockMessage(isLocked, currentSeed()));
}

export function lockMessage(locked, seed) {
  if (!seed) return "There is no seed to lock.";
  return locked ? `Seed ${seed} locked. Reuse and Random keep it.` : "Seed unlocked.";
}

// The data of an action while the seed is locked; null if the action would only change the seed.
export function keepLockedSeed(action, data) {
  if (action === "dice") return null;
  if (action === "recall" && data.what === "seed") return null;
  if (action === "example") return { ...data, values: JSON.stringify({ ...JSON.parse(data.values), seed: undefined }) };
  return action === "recall" && data.what === "all" ? { ...data, what: "but-seed" } : data;
}

export function applySeedLock(action, data) {
  if (!isSeedLocked()) return data;
  const kept = keepLockedSeed(action, data);
  if (kept === null) showToast("The seed is locked.");
  return kept;
}
