// Detects a second press of the same button with the same form, such as a double click.

export const REPEAT_MILLISECONDS = 500;

export function createRepeatCheck(now = () => performance.now()) {
  let last = { at: -Infinity, press: "" };
  return {
    isRepeat(...parts) {
      const press = JSON.stringify(parts);
      const repeated = press === last.press && now() - last.at < REPEAT_MILLISECONDS;
      last = { at: now(), press };
      return repeated;
    },
    // After another action the same press is meant again.
    forget() {
      last = { at: -Infinity, press: "" };
    },
  };
}
