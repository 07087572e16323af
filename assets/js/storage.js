// The browser's storage. A browser can refuse it to a page (blocked site data, a frame): then nothing is kept.

function openStorage(kind) {
  return {
    get(name) {
      try {
        return window[kind].getItem(name);
      } catch {
        return null;
      }
    },
    set(name, text) {
      try {
        if (text === null) window[kind].removeItem(name);
        else window[kind].setItem(name, text);
      } catch {
        // nothing is kept
      }
    },
    names() {
      try {
        return Object.keys(window[kind]);
      } catch {
        return [];
      }
    },
  };
}

export const localStore = openStorage("localStorage");
export const sessionStore = openStorage("sessionStorage");
