// What several modules need to know about the page.

export const page = {
  form: 0, // number of the form that is shown; endpoints with the same fields share one
  endpoint: "", // path of the shown endpoint; empty for the first one
  isSwitching: false, // whether the form of another endpoint is on its way
  token: "", // identifies this tab and this visit; sent with every action
  count: 1, // number of images that a press on Generate makes
  view: "", // the section that covers the form and its result: "gallery", "compare" or none
  focusCard: null, // id of the history card that receives the focus when it is drawn
};
