
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const classes = data.classes, total = data.given.length, pictures = data.pictures;
  const byId = (id) => document.getElementById(id);
  const list = byId("list"), sizer = byId("sizer"), detail = byId("detail"), keys = byId("keys");
  const chosen = { given: byId("given"), suggested: byId("suggested"), sort: byId("sort"), search: byId("search"),
                   disagree: byId("disagree"), within: byId("within") };

  // Text goes into the page as text, never as markup: names of files and classes are anybody's.
  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  const share = (value) => value.toFixed(2).replace(/^0/, "");
  const nameOf = (row) => data.path ? data.path[row] : data.id ? data.id[row] : "sample " + data.sample[row];
  const searched = Array.from({ length: total }, (_, row) =>
    [data.path && data.path[row], data.id && data.id[row], data.sample[row]].filter((part) => part !== undefined)
      .join("\n").toLowerCase());

  // ---- pictures: blocks of the page, parsed when they are looked at ----
  const blocks = new Map(), KEPT_BLOCKS = 40;
  const picture = (row) => {
    const number = Math.floor(row / pictures.block);
    let block = blocks.get(number);
    if (!block) {
      const holder = byId("p" + number);
      // The last block is whole once something follows it; until then the page is still on its way.
      if (!holder || (document.readyState === "loading" && !holder.nextSibling)) return undefined;
      block = JSON.parse(holder.textContent);
    }
    blocks.delete(number);
    blocks.set(number, block);
    if (blocks.size > KEPT_BLOCKS) blocks.delete(blocks.keys().next().value);
    return block[row % pictures.block];
  };
  const show = (image, row) => {
    const content = picture(row);
    if (content === undefined || content === null) { image.removeAttribute("src"); return content; }
    image.onload = () => image.classList.toggle("exact", Math.max(image.naturalWidth, image.naturalHeight) <= 48);
    image.src = "data:" + pictures.type + ";base64," + content;
    return content;
  };
  const shot = (row, holder) => {
    const image = element("img");
    image.alt = "";
    image.decoding = "async";
    const content = show(image, row);
    if (content) holder.replaceChildren(image);
    else if (content === null) holder.replaceChildren(element("span", "none", "no image"));
    else holder.dataset.waits = "1";
  };

  // ---- which rows are shown, and in which order ----
  const SORTS = [["Rank", null]];
  SORTS.push(["p(given), low first", (a, b) => data.pGiven[a] - data.pGiven[b]]);
  SORTS.push(["p(suggested), high first", (a, b) => data.pSuggested[b] - data.pSuggested[a]]);
  if (data.cost) SORTS.push(["Cost, low first", (a, b) => data.cost[a] - data.cost[b]]);
  if (data.path || data.id) {
    const compare = new Intl.Collator(undefined, { numeric: true }).compare;
    SORTS.push([data.path ? "Path" : "Id", (a, b) => compare(nameOf(a), nameOf(b))]);
  }
  SORTS.forEach(([label], number) => chosen.sort.append(new Option(label, number)));
  for (const field of ["given", "suggested"]) {
    const present = new Set(data[field]);
    classes.forEach((label, number) => { if (present.has(number)) chosen[field].append(new Option(label, number)); });
  }
  byId("within-field").hidden = data.reach === undefined;

  let rows = [], current = 0, grid = false;
  const select = () => {
    const given = chosen.given.value, suggested = chosen.suggested.value;
    const words = chosen.search.value.trim().toLowerCase();
    const kept = [];
    const end = chosen.within.checked ? Math.min(total, data.reach) : total;
    for (let row = 0; row < end; row++) {
      if (given !== "" && data.given[row] !== +given) continue;
      if (suggested !== "" && data.suggested[row] !== +suggested) continue;
      if (chosen.disagree.checked && data.given[row] === data.suggested[row]) continue;
      if (words && !searched[row].includes(words)) continue;
      kept.push(row);
    }
    const compare = SORTS[+chosen.sort.value][1];
    if (compare) kept.sort((a, b) => compare(a, b) || a - b);
    return kept;
  };
  const refresh = () => {
    const looked = rows[current];
    rows = select();
    current = Math.max(0, rows.indexOf(looked));
    const few = rows.length !== total;
    byId("count").textContent = few ? rows.length.toLocaleString("en") + " of " + total.toLocaleString("en")
                                    : total.toLocaleString("en");
    byId("clear").hidden = !few;
    byId("nothing").hidden = rows.length > 0;
    for (const button of document.querySelectorAll("#pairs button"))
      button.setAttribute("aria-pressed",
        button.dataset.given === chosen.given.value && button.dataset.suggested === chosen.suggested.value);
    for (const line of document.querySelectorAll("#classes tbody tr"))
      line.setAttribute("aria-selected", line.dataset.given === chosen.given.value);
    remember();
    lay();
    reveal();
  };
  const remember = () => {
    const state = new URLSearchParams();
    for (const [name, field] of Object.entries(chosen)) {
      const value = field.type === "checkbox" ? (field.checked ? "1" : "") : field.value;
      if (value && !(name === "sort" && value === "0")) state.set(name, value);
    }
    if (grid) state.set("view", "grid");
    try { history.replaceState(null, "", state.size ? "#" + state : location.pathname + location.search); }
    catch { /* some viewers have no address to change */ }
  };
  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    for (const [name, field] of Object.entries(chosen)) {
      const value = state.get(name);
      if (value === null) continue;
      if (field.type === "checkbox") field.checked = value === "1";
      else if (field.type === "search" || [...field.options].some((option) => option.value === value)) field.value = value;
    }
    grid = Boolean(pictures) && state.get("view") === "grid";
  };

  // ---- the list: only what is in view exists ----
  const shown = new Map();
  let columns = 1, width = 0, height = 1, waiting = false;
  const lay = () => {
    width = list.clientWidth;
    columns = grid ? Math.max(2, Math.floor((width - 24) / 150)) : 1;
    height = grid ? Math.floor((width - 24) / columns) + 38 : parseFloat(getComputedStyle(list).getPropertyValue("--row"));
    document.body.classList.toggle("grid", grid);
    for (const node of shown.values()) node.remove();
    shown.clear();
    sizer.style.height = Math.ceil(rows.length / columns) * height + (grid ? 24 : 0) + "px";
    draw();
  };
  const draw = () => {
    waiting = false;
    const first = Math.max(0, Math.floor(list.scrollTop / height) - 3) * columns;
    const last = Math.min(rows.length, (Math.ceil((list.scrollTop + list.clientHeight) / height) + 3) * columns);
    for (const [place, node] of shown) if (place < first || place >= last) { node.remove(); shown.delete(place); }
    const fresh = document.createDocumentFragment();
    for (let place = first; place < last; place++) {
      if (shown.has(place)) continue;
      const node = (grid ? tile : line)(rows[place]);
      const left = grid ? 12 + (place % columns) * Math.floor((width - 24) / columns) : 0;
      node.style.transform = `translate(${left}px, ${Math.floor(place / columns) * height + (grid ? 12 : 0)}px)`;
      node.style.width = (grid ? Math.floor((width - 24) / columns) : width) + "px";
      node.style.height = height + "px";
      node.id = "item" + place;
      node.dataset.place = place;
      node.setAttribute("role", "option");
      node.setAttribute("aria-setsize", rows.length);
      node.setAttribute("aria-posinset", place + 1);
      shown.set(place, node);
      fresh.append(node);
    }
    sizer.append(fresh);
    mark();
  };
  const mark = () => {
    for (const [place, node] of shown) {
      node.classList.toggle("current", place === current);
      node.setAttribute("aria-selected", place === current);
    }
    if (shown.has(current)) list.setAttribute("aria-activedescendant", "item" + current);
    else list.removeAttribute("aria-activedescendant");
  };
  const labels = (row, tag) => {
    const holder = element(tag, "labels");
    const given = element("bdi", "", classes[data.given[row]]);
    holder.append(given);
    if (data.given[row] === data.suggested[row]) { given.className = "same"; return holder; }
    holder.append(element("span", "same", "→"), element("bdi", "suggested", classes[data.suggested[row]]));
    return holder;
  };
  const bar = (kind, value) => {
    const track = element("span", "bar " + kind), fill = element("i");
    fill.style.transform = `scaleX(${value})`;
    track.append(fill);
    return track;
  };
  const line = (row) => {
    const node = element("div", "item row");
    node.append(element("span", "rank", row + 1));
    if (pictures) {
      const holder = element("span", "shot");
      shot(row, holder);
      node.append(holder);
    }
    const what = element("div", "what"), path = element("bdi", "path", nameOf(row));
    what.title = `${classes[data.given[row]]} → ${classes[data.suggested[row]]}\n${nameOf(row)}`;
    what.append(labels(row, "div"), path);
    const bars = element("div", "bars");
    bars.append(element("span", "", "given"), bar("given", data.pGiven[row]), element("span", "", share(data.pGiven[row])));
    bars.append(element("span", "", "model"), bar("", data.pSuggested[row]), element("span", "", share(data.pSuggested[row])));
    bars.title = "Probability of the given and of the suggested label";
    node.append(what, bars);
    if (data.cost) node.append(element("span", "cost", "cost " + data.cost[row].toFixed(1)));
    return node;
  };
  const tile = (row) => {
    const node = element("div", "item tile"), holder = element("span", "shot");
    shot(row, holder);
    const caption = labels(row, "div");
    caption.prepend(element("span", "rank", row + 1));
    node.title = `${classes[data.given[row]]} → ${classes[data.suggested[row]]}\n${nameOf(row)}`;
    node.append(holder, caption);
    return node;
  };
  const reveal = () => {
    const top = Math.floor(current / columns) * height, edge = grid ? 12 : 0;
    if (top < list.scrollTop) list.scrollTop = top;
    else if (top + height + 2 * edge > list.scrollTop + list.clientHeight)
      list.scrollTop = top + height + 2 * edge - list.clientHeight;
    draw();
  };
  const go = (place) => {
    if (!rows.length) return;
    current = Math.min(rows.length - 1, Math.max(0, place));
    reveal();
    if (detail.open) look();
  };

  // ---- one sample, larger ----
  const look = () => {
    const row = rows[current];
    if (row === undefined) return;
    const image = byId("detail-image");
    const content = pictures ? show(image, row) : null;
    image.hidden = !content;
    byId("detail-none").hidden = Boolean(content);
    detail.querySelector(".picture").hidden = !pictures;
    byId("detail-labels").replaceChildren(...labels(row, "span").childNodes);
    const facts = byId("detail-facts");
    facts.replaceChildren();
    const fact = (name, value) => facts.append(element("dt", "", name), element("dd", "", value));
    fact("Rank", `${(row + 1).toLocaleString("en")} of ${total.toLocaleString("en")}`);
    if (data.path) fact("Path", data.path[row]);
    if (data.id) fact("Id", data.id[row]);
    fact("Sample", data.sample[row]);
    fact("p(given)", data.pGiven[row].toFixed(4));
    fact("p(suggested)", data.pSuggested[row].toFixed(4));
    if (data.score) fact("Score", data.score[row]);
    if (data.cost) fact("Cost", data.cost[row].toFixed(2) + " annotations");
    if (data.reference) fact("Reference", classes[data.reference[row]]);
    if (!detail.open) { detail.showModal(); byId("next").focus(); }
  };

  // ---- what people do ----
  const setGrid = (wanted) => {
    if (!pictures) return;
    grid = wanted;
    byId("as-list").setAttribute("aria-pressed", !grid);
    byId("as-grid").setAttribute("aria-pressed", grid);
    remember();
    lay();
    reveal();
  };
  const set = (values) => { for (const [name, value] of Object.entries(values)) chosen[name].value = value; refresh(); };
  const toggle = (values) => {
    const already = Object.entries(values).every(([name, value]) => chosen[name].value === String(value));
    set(already ? Object.fromEntries(Object.keys(values).map((name) => [name, ""])) : values);
  };
  const clear = () => {
    chosen.disagree.checked = chosen.within.checked = false;
    set({ given: "", suggested: "", search: "" });
    list.focus();
  };
  const closeSummary = () => byId("summary").classList.remove("open");

  for (const field of Object.values(chosen)) field.addEventListener(field.type === "search" ? "input" : "change", () => {
    list.scrollTop = 0;
    current = 0;
    refresh();
  });
  byId("tools").addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", clear);
  byId("as-list").addEventListener("click", () => setGrid(false));
  byId("as-grid").addEventListener("click", () => setGrid(true));
  byId("open-summary").addEventListener("click", () => byId("summary").classList.add("open"));
  byId("close-summary").addEventListener("click", closeSummary);
  byId("help").addEventListener("click", () => keys.showModal());
  byId("close-keys").addEventListener("click", () => keys.close());
  byId("previous").addEventListener("click", () => go(current - 1));
  byId("next").addEventListener("click", () => go(current + 1));
  byId("close").addEventListener("click", () => detail.close());
  detail.addEventListener("close", () => list.focus());
  for (const dialog of [detail, keys]) dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  byId("pairs").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) { toggle({ given: button.dataset.given, suggested: button.dataset.suggested }); closeSummary(); }
  });
  const byClass = (event) => {
    const row = event.target.closest("tr[data-given]");
    if (row) { toggle({ given: row.dataset.given }); closeSummary(); }
  };
  byId("classes").addEventListener("click", byClass);
  byId("classes").addEventListener("keydown", (event) => { if (event.key === "Enter") byClass(event); });
  list.addEventListener("scroll", () => {
    if (!waiting) { waiting = true; requestAnimationFrame(draw); }
  }, { passive: true });
  list.addEventListener("click", (event) => {
    const node = event.target.closest(".item");
    if (!node) return;
    go(+node.dataset.place);
    look();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
    const typing = event.target.matches("select, input[type=search]");
    if (event.key === "Escape" && typing) { event.target.blur(); list.focus(); return; }
    if (typing || event.target.closest("#summary")) return;
    const page = Math.max(1, Math.floor(list.clientHeight / height)) * columns, row = rows[current];
    const onButton = event.target.matches("button, input");
    const actions = {
      ArrowDown: () => go(current + columns), ArrowUp: () => go(current - columns),
      ArrowRight: () => go(current + 1), ArrowLeft: () => go(current - 1),
      j: () => go(current + 1), k: () => go(current - 1),
      PageDown: () => go(current + page), PageUp: () => go(current - page),
      Home: () => go(0), End: () => go(rows.length - 1),
      Enter: onButton ? undefined : look,
      g: () => toggle({ given: data.given[row] }), s: () => toggle({ suggested: data.suggested[row] }),
      p: () => toggle({ given: data.given[row], suggested: data.suggested[row] }),
      d: () => { chosen.disagree.checked = !chosen.disagree.checked; refresh(); },
      v: () => setGrid(!grid), c: clear, "/": () => chosen.search.focus(), "?": () => keys.showModal(),
    };
    const action = actions[event.key];
    if (!action || (row === undefined && "gsp".includes(event.key))) return;
    event.preventDefault();
    action();
  });
  new ResizeObserver(() => { if (list.clientWidth !== width) { lay(); reveal(); } else draw(); }).observe(list);

  if (!pictures) document.body.classList.add("bare");
  else document.querySelector(".view").hidden = false;
  recall();
  setGrid(grid);
  refresh();
  list.focus({ preventScroll: true });

  // While the pictures are still on their way, those in view are asked for again.
  if (pictures) {
    const fetchWaiting = () => {
      for (const [place, node] of shown) {
        const holder = node.querySelector(".shot[data-waits]");
        if (holder) { delete holder.dataset.waits; shot(rows[place], holder); }
      }
      if (document.readyState === "loading") setTimeout(fetchWaiting, 100);
    };
    setTimeout(fetchWaiting, 30);
    document.addEventListener("DOMContentLoaded", fetchWaiting);
  }
})();
