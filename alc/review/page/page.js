// The review page: an image, a key, an answer on the disk, the next image.
import { Viewer } from "./picture.js";

const byId = (id) => document.getElementById(id);
// Text goes into the page as text, never as markup: names of files, classes and people are anybody's.
const element = (tag, className, text) => {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
};
const number = (value) => value.toLocaleString("en");
const AHEAD = 3; // images loaded before they are needed
const SOONEST = 100; // milliseconds: nobody has seen an image by then, a bouncing key has
const GONE = "alc-review does not answer. What was saved before is safe. If it was ended, start it again in the " +
  "terminal and open the address it prints.";

let state, total, place = 0, answers = new Map(), visited = [], saving = false, failed = null, shownAt = null;
const buttons = [];
const loaded = new Map();
const viewer = new Viewer(byId("stage"), byId("holder"), () => {
  byId("fit").textContent = viewer.zoomed ? Math.round(100 * viewer.scale / viewer.fitted) + " %" : "Fit";
  byId("open-adjust").classList.toggle("on", Boolean(viewer.adjusted));
});

const ask = async (address, options) => {
  const response = await fetch(address, options);
  const content = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(content.error || `error ${response.status}`), { told: true });
  return content;
};
const reason = (error) => error.told ? error.message : GONE;

// ---- images ----
const load = (at) => {
  if (!loaded.has(at)) {
    const image = new Image();
    image.alt = "";
    image.draggable = false;
    image.src = "image/" + state.samples[at];
    const ready = image.decode().then(() => ({ image }), async () => {
      try {
        await ask("image/" + state.samples[at]);
        return { problem: "can not be shown by this browser" };
      } catch (error) {
        return error.told ? { problem: error.message } : { gone: true };
      }
    });
    loaded.set(at, ready);
    ready.then(({ gone }) => { if (gone) loaded.delete(at); });
  }
  return loaded.get(at);
};
const ahead = () => {
  const wanted = [place];
  for (let at = place + 1; at < total && wanted.length <= AHEAD; at++) if (!answers.has(at)) wanted.push(at);
  wanted.push(place + 1, place - 1);
  for (const at of [...loaded.keys()]) if (!wanted.includes(at)) loaded.delete(at);
  for (const at of wanted) if (at >= 0 && at < total) load(at);
};
const notice = (text, more = "", label = "", action = null) => {
  byId("notice").hidden = !text;
  byId("tools").hidden = Boolean(text);
  byId("notice-text").textContent = text;
  byId("notice-more").textContent = more;
  byId("notice-button").hidden = !label;
  byId("notice-button").textContent = label;
  byId("notice-button").onclick = action;
  if (label) byId("notice-button").focus();
};

// ---- moving ----
const unanswered = (from) => {
  while (from < total && answers.has(from)) from++;
  return from;
};
const go = async (to) => {
  if (saving) return;
  place = Math.max(0, Math.min(total, to));
  shownAt = null;
  setFailed(null);
  notice("");
  draw();
  if (place === total) { end(); return; }
  byId("stage").classList.add("waiting");
  const here = place;
  const wait = setTimeout(() => { if (place === here && shownAt === null) viewer.show(null); }, 250);
  const result = await load(here);
  clearTimeout(wait);
  if (place !== here) return;
  byId("stage").classList.remove("waiting");
  viewer.show(result.image ?? null);
  if (result.image) {
    requestAnimationFrame(() => { if (place === here) { shownAt = performance.now(); draw(); ahead(); } });
    return;
  }
  if (result.gone) notice("The image did not come", GONE, "Try again", () => go(here));
  else notice(`This image ${result.problem}`, "It can not be answered.", "Skip it", () => go(unanswered(here + 1)));
  draw();
  ahead();
};
const end = () => {
  viewer.show(null);
  byId("stage").classList.remove("waiting");
  const left = total - answers.size;
  if (!left) {
    notice(total === 1 ? "The image is answered" : `All ${number(total)} images are answered`,
      "Thank you. Everything is saved, and this page can be closed. Ctrl+C in the terminal ends alc-review.");
    return;
  }
  notice(`${number(left)} of ${number(total)} images ${left === 1 ? "has" : "have"} no answer yet`,
    "They were passed over. Everything else is saved.", "Go to the first of them", () => go(unanswered(0)));
};
const back = () => {
  if (saving) return;
  let to = visited.pop();
  if (to === undefined) {
    to = place - 1;
    while (to > 0 && !answers.has(to)) to--;
  }
  if (to >= 0) go(to);
};

// ---- answering ----
const newKey = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = bytes[6] & 0x0f | 0x40;
  bytes[8] = bytes[8] & 0x3f | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return "review:" + hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
};
const setFailed = (value, text = "") => {
  failed = value;
  byId("error").hidden = !failed;
  byId("error-text").textContent = text;
};
const nameOf = (label) => label === null ? "cannot tell" : state.classes[label];
const answer = async (label) => {
  if (saving || shownAt === null || performance.now() - shownAt < SOONEST) return;
  const here = place;
  if (answers.has(here) && answers.get(here) === label && !failed) { go(unanswered(here + 1)); return; }
  // The same answer sent again has the same key: if it had been saved after all, it is not saved twice.
  const key = failed && failed.label === label ? failed.key : newKey();
  saving = true;
  setFailed(null);
  say("Saving");
  mark(label);
  let problem = null;
  try {
    const told = { key, sample: state.samples[here], annotator: state.annotator,
                   label: label === null ? null : state.classes[label] };
    await ask("answers", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(told) });
  } catch (error) {
    problem = reason(error);
  }
  saving = false;
  if (problem !== null) {
    say("");
    setFailed({ key, label }, `Not saved. ${problem[0].toUpperCase()}${problem.slice(1)}`);
    return;
  }
  answers.set(here, label);
  visited = visited.filter((at) => at !== here);
  visited.push(here);
  byId("filter").value = "";
  narrow();
  say(`Image ${number(here + 1)} saved as “${nameOf(label)}”`);
  go(unanswered(here + 1));
};

// ---- what the panel says ----
const say = (text) => { byId("status").textContent = text; };
const mark = (label) => {
  buttons.forEach((button, at) => button.setAttribute("aria-pressed", at === label));
  byId("unsure").setAttribute("aria-pressed", label === null);
};
const draw = () => {
  byId("count").replaceChildren(`${number(answers.size)} of ${number(total)}`, element("span", "", " answered"));
  const progress = byId("progress");
  progress.firstElementChild.style.transform = `scaleX(${answers.size / total})`;
  progress.setAttribute("aria-valuemax", total);
  progress.setAttribute("aria-valuenow", answers.size);
  const ended = place === total;
  byId("place").textContent = ended ? "End of the queue" : `Image ${number(place + 1)} of ${number(total)}`;
  const mine = answers.has(place) ? answers.get(place) : undefined;
  byId("mine").textContent = mine === undefined ? "" : "answered";
  mark(mine);
  for (const button of [...buttons, byId("unsure")]) button.disabled = shownAt === null;
  byId("previous").disabled = byId("undo").disabled = place === 0 && !visited.length;
  byId("next").disabled = ended;
  byId("shown").hidden = state.shown === "none" || ended;
  if (state.shown !== "none" && !ended) {
    byId("given").textContent = state.given[place];
    byId("suggested-line").hidden = !state.suggested;
    if (state.suggested) byId("suggested").textContent = state.suggested[place];
    byId("path").textContent = state.paths[place];
  }
};
const narrow = () => {
  const wanted = byId("filter").value.trim().toLowerCase();
  buttons.forEach((button, at) => { button.hidden = !state.classes[at].toLowerCase().includes(wanted); });
};
const withKey = (button, key, ...parts) => {
  if (key) button.append(element("kbd", "", key.toUpperCase()));
  button.append(...parts);
};
const build = () => {
  const holder = byId("classes");
  holder.classList.toggle("many", state.classes.length > 10 && state.classes.every((name) => name.length <= 16));
  holder.classList.toggle("short", state.classes.every((name) => name.length <= 4));
  state.classes.forEach((name, label) => {
    const button = element("button");
    button.type = "button";
    withKey(button, state.keys[label] === name.toLowerCase() ? null : state.keys[label], element("bdi", "", name));
    button.addEventListener("click", () => { answer(label); button.blur(); });
    buttons.push(button);
  });
  holder.append(...buttons);
  byId("filter").hidden = state.keys.every((key) => key !== null);
  byId("unsure").replaceChildren();
  withKey(byId("unsure"), state.keys.includes("0") ? "?" : "0", "Cannot tell");
  byId("name").textContent = state.name;
  document.title = `${state.name} · review`;
  const help = [
    [[...new Set(state.keys.filter(Boolean).map((key) => key.toUpperCase()))], "the class beside it"],
    [state.keys.includes("0") ? ["?"] : ["0", "?"], "cannot tell"],
    [["Backspace", ...(free("u") ? ["U"] : [])], "back to the last answer, to correct it"],
    [["←", "→"], "previous and next image, without an answer"],
    [["+", "−", ...(free("z") ? ["Z"] : [])], "larger, smaller; the wheel and a double click do the same, drag to move"],
    [[...(free("x") ? ["X"] : []), ...(free("i") ? ["I"] : [])], "brightness and contrast; invert"],
    [byId("filter").hidden ? [] : ["/"], "find a class by name, Enter takes the first"],
  ];
  for (const [keys, meaning] of help) {
    if (!keys.length) continue;
    const term = element("dt");
    const few = keys.length > 4 ? [keys[0], "…", keys[keys.length - 1]] : keys;
    for (const key of few) term.append(key === "…" ? " … " : element("kbd", "", key), " ");
    byId("key-list").append(term, element("dd", "", meaning));
  }
  byId("blind").textContent = state.shown === "none"
    ? "The label an image came with and what a model suggests are hidden: seen before, they would pull the answer along."
    : `The given label ${state.suggested ? "and the suggestion are" : "is"} shown, and every answer says so.`;
};
const free = (key) => !state.keys.includes(key);

// ---- keyboard ----
const NAMED = {
  Backspace: back, ArrowLeft: () => go(place - 1), ArrowRight: () => { if (place < total) go(place + 1); },
  "+": () => viewer.zoom(1.4), "=": () => viewer.zoom(1.4), "-": () => viewer.zoom(1 / 1.4),
  "?": () => answer(null), "0": () => answer(null),
  u: back, z: () => viewer.toggle(), x: () => openAdjust(), i: () => setLight({ invert: !viewer.light.invert }),
};
const press = (key) => {
  const label = state.keys.indexOf(key);
  if (label >= 0) { answer(label); return true; }
  if (key === "/" && !byId("filter").hidden) { byId("filter").focus(); return true; }
  if (!NAMED[key]) return false;
  NAMED[key]();
  return true;
};
document.addEventListener("keydown", (event) => {
  if (!state?.annotator || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target === byId("filter")) {
    const first = buttons.findIndex((button) => !button.hidden);
    if (event.key === "Escape") event.target.blur();
    else if (event.key === "Enter" && first >= 0 && event.target.value.trim()) answer(first);
    return;
  }
  const slides = event.target.type === "range" && event.key.startsWith("Arrow");
  if (slides || (event.repeat && !event.key.startsWith("Arrow") && !"+=-".includes(event.key))) return;
  const typed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // On keyboards that type other signs with these keys, their place counts.
  const placed = event.shiftKey ? "" : (event.code.match(/^(?:Digit|Numpad|Key)([0-9A-Z])$/)?.[1] ?? "").toLowerCase();
  if (press(typed) || (!/^[a-z0-9]$/.test(typed) && placed && press(placed))) event.preventDefault();
});

// ---- buttons ----
const onClick = (id, action) => byId(id).addEventListener("click", (event) => { action(); event.currentTarget.blur(); });
const openAdjust = (wanted = byId("adjust").hidden) => {
  byId("adjust").hidden = !wanted;
  byId("open-adjust").setAttribute("aria-expanded", wanted);
};
const setLight = (values) => {
  viewer.lighten(values);
  byId("brightness").value = viewer.light.brightness;
  byId("contrast").value = viewer.light.contrast;
  byId("invert").checked = viewer.light.invert;
};
onClick("previous", () => go(place - 1));
onClick("next", () => go(place + 1));
onClick("undo", back);
onClick("unsure", () => answer(null));
onClick("again", () => { if (failed) answer(failed.label); });
onClick("fit", () => viewer.toggle(null));
onClick("in", () => viewer.zoom(1.4, null));
onClick("out", () => viewer.zoom(1 / 1.4, null));
onClick("open-adjust", () => openAdjust());
onClick("reset", () => setLight({ brightness: 100, contrast: 100, invert: false }));
onClick("help", () => byId("keys").showModal());
onClick("close-keys", () => byId("keys").close());
onClick("annotator", () => askName());
byId("adjust").addEventListener("submit", (event) => event.preventDefault());
for (const id of ["brightness", "contrast"]) {
  byId(id).addEventListener("input", () => setLight({ [id]: +byId(id).value }));
  byId(id).addEventListener("pointerup", () => byId(id).blur());
}
byId("invert").addEventListener("change", () => { setLight({ invert: byId("invert").checked }); byId("invert").blur(); });
byId("filter").addEventListener("input", narrow);
window.addEventListener("beforeunload", (event) => { if (saving || failed) event.preventDefault(); });

// ---- who answers ----
const remembered = (value) => {
  const name = "alc-review:" + state.project;
  try { return value === undefined ? localStorage.getItem(name) : localStorage.setItem(name, value); }
  catch { return null; } // storage is switched off
};
const askName = () => {
  const known = byId("known");
  known.replaceChildren();
  for (const name of state.annotators) {
    const button = element("button", "", name);
    button.type = "button";
    button.addEventListener("click", () => begin(name));
    known.append(button);
  }
  byId("who-error").textContent = "";
  byId("who-name").value = "";
  byId("who").showModal();
};
byId("who").addEventListener("cancel", (event) => { if (!state.annotator) event.preventDefault(); });
byId("who-form").addEventListener("submit", (event) => { event.preventDefault(); begin(byId("who-name").value); });
const begin = async (name) => {
  if (!name.trim() || saving) return;
  let fresh;
  try {
    fresh = await ask("state?annotator=" + encodeURIComponent(name));
  } catch (error) {
    byId("who-error").textContent = reason(error);
    return;
  }
  byId("who").close();
  start(fresh);
};
const start = (fresh) => {
  state = fresh;
  remembered(state.annotator);
  visited = [];
  answers = new Map(Object.entries(state.answers).map(([at, label]) => [Number(at), label]));
  byId("annotator").textContent = state.annotator;
  byId("annotator").hidden = false;
  byId("annotator").disabled = state.fixed !== null;
  say("");
  go(unanswered(0));
};

try {
  state = await ask("state");
  total = state.samples.length;
  build();
  if (state.annotator) start(state);
  else {
    const name = remembered();
    draw();
    if (name) await begin(name);
    if (!state.annotator) askName();
  }
} catch (error) {
  notice("The queue did not come", reason(error), "Try again", () => location.reload());
}
