// Which finetunes work at which endpoint, as far as their base models are known.

// What is wrong with a finetune at an endpoint; "" if nothing is, or nothing is known.
export function baseModelMessage(finetune, path, known) {
  const base = finetune?.base;
  const wanted = known.find((endpoint) => endpoint.path === path)?.base;
  const fitting = known.filter((endpoint) => base && endpoint.base === base).map((endpoint) => endpoint.path);
  if (!base || wanted === base || (!wanted && !fitting.length)) return "";
  const advice = fitting.length ? `Its endpoint is ${fitting.join(" or ")}.` : `This endpoint needs ${wanted}.`;
  return `was trained for ${base}. ${advice}`;
}

// The first finetune of the endpoint's own base model, else the first one that may fit.
export function chooseFitting(finetunes, path, known) {
  const wanted = known.find((endpoint) => endpoint.path === path)?.base;
  const fitting = finetunes.filter((finetune) => !baseModelMessage(finetune, path, known));
  return fitting.find(({ base }) => wanted && base === wanted) || fitting[0];
}
