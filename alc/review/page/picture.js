// One image on the stage: fitted, enlarged at the pointer, moved, brighter or darker.
const SMALL = 48; // sides up to which pixels are shown as squares
const SEEN = 480; // how long the longer side of such an image is shown: squares as large as a hand hide the whole
const MARGIN = 12;

export class Viewer {
  constructor(stage, holder, changed) {
    Object.assign(this, { stage, holder, changed, image: null, scale: 1, x: 0, y: 0, pointers: new Map(), last: null });
    this.light = { brightness: 100, contrast: 100, invert: false };
    new ResizeObserver(() => this.fit()).observe(holder);
    holder.addEventListener("wheel", (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 24 : 1;
      this.zoom(Math.exp(-Math.max(-240, Math.min(240, event.deltaY * lines)) / 400), this.at(event));
    }, { passive: false });
    holder.addEventListener("dblclick", (event) => this.toggle(this.at(event)));
    holder.addEventListener("pointerdown", (event) => this.down(event));
    holder.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel", "pointerleave"])
      holder.addEventListener(name, (event) => this.up(event));
    holder.addEventListener("dragstart", (event) => event.preventDefault());
  }

  show(image) {
    this.image = image;
    if (!image) { this.holder.replaceChildren(); return; }
    image.classList.toggle("exact", Math.max(image.naturalWidth, image.naturalHeight) <= SMALL);
    this.holder.replaceChildren(image);
    this.lighten({});
    this.fit();
  }

  get fitted() {
    const { clientWidth, clientHeight } = this.holder;
    const { naturalWidth, naturalHeight } = this.image, longer = Math.max(naturalWidth, naturalHeight);
    const most = longer <= SMALL ? SEEN / longer : Infinity;
    const fits = Math.min((clientWidth - 2 * MARGIN) / naturalWidth, (clientHeight - 2 * MARGIN) / naturalHeight, most);
    return fits > 0 ? fits : 1;
  }
  get zoomed() { return this.image !== null && this.scale > this.fitted * 1.001; }

  fit() {
    if (!this.image) return;
    this.scale = this.fitted;
    this.x = this.y = 0;
    this.draw();
  }
  toggle(point = this.last) {
    if (!this.image) return;
    if (this.zoomed) { this.fit(); return; }
    const whole = 1 / devicePixelRatio; // one pixel of the image on one of the screen
    this.zoom((whole > this.fitted * 1.2 ? whole : this.fitted * 3) / this.scale, point);
  }
  zoom(factor, point = this.last) {
    if (!this.image) return;
    const { x, y } = point ?? { x: 0, y: 0 };
    const scale = Math.max(this.fitted, Math.min(Math.max(this.fitted * 16, 8), this.scale * factor));
    const ratio = scale / this.scale;
    this.x = x - (x - this.x) * ratio;
    this.y = y - (y - this.y) * ratio;
    this.scale = scale;
    this.draw();
  }
  // x and y are where the middle of the image is, from the middle of the stage.
  draw() {
    const { clientWidth, clientHeight } = this.holder;
    const width = this.image.naturalWidth * this.scale, height = this.image.naturalHeight * this.scale;
    const room = (size, space) => Math.max(0, (size - space) / 2);
    this.x = Math.max(-room(width, clientWidth), Math.min(room(width, clientWidth), this.x));
    this.y = Math.max(-room(height, clientHeight), Math.min(room(height, clientHeight), this.y));
    Object.assign(this.image.style, {
      width: width + "px", height: height + "px",
      left: (clientWidth - width) / 2 + this.x + "px", top: (clientHeight - height) / 2 + this.y + "px",
    });
    this.stage.classList.toggle("zoomed", this.zoomed);
    this.changed();
  }

  lighten(values) {
    Object.assign(this.light, values);
    const { brightness, contrast, invert } = this.light;
    this.adjusted = brightness !== 100 || contrast !== 100 || invert;
    if (this.image)
      this.image.style.filter = this.adjusted
        ? `${invert ? "invert(1) " : ""}brightness(${brightness}%) contrast(${contrast}%)` : "";
    this.changed();
  }

  at(event) {
    const box = this.holder.getBoundingClientRect();
    return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
  }
  down(event) {
    if (event.button !== 0) return;
    this.holder.setPointerCapture(event.pointerId);
    this.pointers.set(event.pointerId, this.at(event));
    this.stage.classList.toggle("panning", this.zoomed);
  }
  move(event) {
    const now = this.at(event), before = this.pointers.get(event.pointerId);
    if (event.pointerType === "mouse") this.last = now;
    if (!before || !this.image) return;
    const other = [...this.pointers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) { // two fingers: the distance between them enlarges, at their middle
      const apart = (a, b) => Math.max(10, Math.hypot(a.x - b.x, a.y - b.y));
      this.zoom(apart(now, other) / apart(before, other), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
      this.x += (now.x - before.x) / 2;
      this.y += (now.y - before.y) / 2;
    } else if (this.zoomed) {
      this.x += now.x - before.x;
      this.y += now.y - before.y;
    }
    this.pointers.set(event.pointerId, now);
    this.draw();
  }
  up(event) {
    if (event.type === "pointerleave" && event.pointerType === "mouse") this.last = null;
    this.pointers.delete(event.pointerId);
    if (!this.pointers.size) this.stage.classList.remove("panning");
  }
}
