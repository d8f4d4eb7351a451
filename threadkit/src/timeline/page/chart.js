// The rows: where they are, how they are drawn, and what is at a point of them.

const $ = (id) => document.getElementById(id);
const canvas = $("canvas"), pen = canvas.getContext("2d");
const overview = $("overview"), overviewPen = overview.getContext("2d");
const rows = $("rows"), space = $("space");

const AXIS = 26;
const MOST_ARROWS = 600;
const SHORTEST = 20; // ns that a view shows at least

const view = { from: 0, to: length };
const state = {
  arrows: true,
  arrowsDrawn: 0,
  arrowsInView: 0,
  thread: -1,    // selected
  selected: null,
  hovered: null,
  found: null,   // by the search: for each thread, whether its name matches, and lists of spans
};
let layout, colours, buffer, picture;

function measure() {
  const width = rows.clientWidth, isNarrow = width < 640;
  const size = threads.length <= 8 ? 0 : threads.length <= 24 ? 1 : 2;
  const main = [24, 16, 12][size], hold = [13, 6, 4][size], gap = [12, 8, 5][size];
  const head = isNarrow ? 15 : 0;
  let y = AXIS + 4;
  const at = threads.map(({ lanes }) => {
    const row = { top: y, main: y + head, holds: y + head + main + (lanes.length > 0 ? 1 : 0) };
    y = row.holds + lanes.length * hold + gap;
    row.bottom = y;
    return row;
  });
  let gutter = 0;
  if (!isNarrow) {
    pen.font = font(13);
    const widest = threads.reduce((widest, { name }) => Math.max(widest, pen.measureText(name.slice(0, 60)).width), 0);
    gutter = Math.min(Math.max(widest + 28, 90), 230, width * .3);
  }
  const height = y + 2, shown = Math.min(height, parseFloat(getComputedStyle(rows).maxHeight));
  layout = { width, isNarrow, size, main, hold, gap, gutter, rows: at, height, shown };
  space.style.height = `${height}px`;
  fitCanvas(canvas, pen, width, shown);
  fitCanvas(overview, overviewPen, overview.clientWidth, 40);
}

function fitCanvas(canvas, pen, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  if (canvas !== overview) canvas.style.height = `${height}px`;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
}

const font = (size, weight = "") => `${weight} ${size}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;

function readColours() {
  const style = getComputedStyle(document.documentElement);
  colours = {};
  for (const name of ["ground", "card", "stripe", "line", "text", "faint", "run", "run-text", "lock", "lock-text", "wait",
    "wait-text", "hold", "hold-text", "arrow", "mark", "focus"]) {
    colours[name] = style.getPropertyValue(`--${name}`).trim();
  }
  colours.of = ["run", "lock", "wait"].map((name) => colours[name]);
  colours.textOf = ["run-text", "lock-text", "wait-text"].map((name) => colours[name]);
}

const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// Time and place.

const xOf = (time) => layout.gutter + (time - view.from) / (view.to - view.from) * (layout.width - layout.gutter);
const timeAt = (x) => view.from + (x - layout.gutter) / (layout.width - layout.gutter) * (view.to - view.from);

function show(from, to) {
  const long = Math.min(Math.max(to - from, SHORTEST), length);
  const middle = (from + to) / 2;
  view.from = Math.min(Math.max(middle - long / 2, 0), length - long);
  view.to = view.from + long;
  draw();
}
const zoom = (factor, around = (view.from + view.to) / 2) =>
  show(around - (around - view.from) * factor, around + (view.to - around) * factor);
const pan = (part) => {
  const by = part * (view.to - view.from);
  show(view.from + by, view.to + by);
};

// What is at a point of the canvas.
function pointAt(x, y) {
  y += rows.scrollTop;
  if (y < AXIS + rows.scrollTop || x < 0) return null;
  const index = layout.rows.findIndex(({ top, bottom }) => y >= top - layout.gap / 2 && y < bottom - layout.gap / 2);
  if (index < 0) return null;
  const thread = threads[index], { holds, main } = layout.rows[index];
  if (x < layout.gutter || y < main) return { thread: index, part: "name" };
  const lane = y < holds ? -1 : Math.floor((y - holds) / layout.hold);
  const time = timeAt(x), reach = 3 * (view.to - view.from) / (layout.width - layout.gutter);
  if (lane >= 0 && lane < thread.lanes.length) {
    const at = nearest(thread.lanes[lane], time, reach, () => 1);
    if (at >= 0) return { thread: index, part: "hold", at: thread.lanes[lane].hold[at] };
  }
  if (lane >= thread.lanes.length) return { thread: index, part: "name" };
  if (lane >= 0) return null;
  // A short wait is easier to hit than what is around it.
  const at = nearest(thread.main, time, reach, (i) => thread.main.kind[i] === RUN ? 1 : 4);
  return at < 0 ? { thread: index, part: "name" } : { thread: index, part: "main", at };
}

// The span at that time, or else one within reach.
function nearest(lane, time, reach, weight) {
  const inside = above(lane.start, time) - 1;
  const isInside = inside >= 0 && time < lane.end[inside];
  if (isInside && lane.end[inside] - lane.start[inside] > 2 * reach) {
    const edge = Math.min(time - lane.start[inside], lane.end[inside] - time);
    if (edge > reach) return inside;
  }
  let best = isInside ? inside : -1, most = isInside ? weight(inside) : 0;
  const first = Math.max(0, above(lane.end, time - reach));
  for (let i = first, looked = 0; i < lane.count && lane.start[i] <= time + reach && looked < 200; i++, looked++) {
    if (weight(i) > most) [best, most] = [i, weight(i)];
  }
  return best;
}

// Drawing.

let isAsked = false, isChanged = true;

// Draws again before the next frame. Without a change of anything but what is hovered, the picture is still good.
function draw(changed = true) {
  isChanged ||= changed;
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    if (isChanged) {
      paint();
      paintOverview();
      picture ??= document.createElement("canvas");
      picture.width = canvas.width;
      picture.height = canvas.height;
      picture.getContext("2d").drawImage(canvas, 0, 0);
    } else {
      pen.save();
      pen.setTransform(1, 0, 0, 1, 0, 0);
      pen.drawImage(picture, 0, 0);
      pen.restore();
    }
    isChanged = false;
    paintSelection();
  });
}

function paint() {
  const { width, shown } = layout, scroll = rows.scrollTop;
  pen.fillStyle = colours.card;
  pen.fillRect(0, 0, width, shown);
  const visible = threads.filter((_, i) => layout.rows[i].bottom > scroll && layout.rows[i].top < scroll + shown);
  pen.save();
  pen.translate(0, -scroll);
  for (const { index } of visible) {
    const { top, bottom } = layout.rows[index], half = layout.gap / 2;
    if (index === state.thread || index % 2 === 1) {
      pen.fillStyle = index === state.thread ? mix(colours.focus, .12) : colours.stripe;
      pen.fillRect(0, top - half, width, bottom - top);
    }
  }
  pen.restore();
  paintGrid();
  pen.save();
  clipToRows();
  for (const thread of visible) paintRow(thread);
  state.arrowsDrawn = 0;
  state.arrowsInView = 0;
  if (state.arrows) paintArrows(scroll, shown);
  pen.restore();
  $("hidden-arrows").textContent = state.arrowsInView <= MOST_ARROWS ? ""
    : `${number(state.arrowsInView)} in view: zoom in, or choose a thread, to see them`;
  paintNames(visible, scroll);
}

function clipToRows() {
  pen.beginPath();
  pen.rect(layout.gutter, AXIS, layout.width - layout.gutter, layout.shown - AXIS);
  pen.clip();
  pen.translate(0, -rows.scrollTop);
}

const mix = (hex, alpha) => `rgb(${rgb(hex).join(" ")} / ${alpha})`;

function ticks(from, to, room) {
  const rough = (to - from) / room;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough);
  const all = [];
  for (let n = Math.ceil(from / step); n * step <= to; n++) all.push(n * step);
  return { step, all };
}

function tickLabel(time, step) {
  if (time === 0) return "0";
  const [unit, size] = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]].find(([, size]) => Math.abs(time) >= size) ?? ["ns", 1];
  const digits = Math.min(9, Math.max(0, Math.ceil(Math.log10(size / step) - 1e-9)));
  return `${(time / size).toFixed(digits)} ${unit}`;
}

function paintGrid() {
  const { width, gutter, shown } = layout;
  const { step, all } = ticks(view.from, view.to, Math.max(2, (width - gutter) / 110));
  pen.fillStyle = colours.card;
  pen.fillRect(0, 0, width, AXIS);
  pen.font = font(11.5);
  pen.textBaseline = "middle";
  for (const time of all) {
    const x = Math.round(xOf(time));
    pen.fillStyle = colours.line;
    pen.fillRect(x, AXIS - 6, 1, shown);
    pen.fillStyle = colours.faint;
    const label = tickLabel(time, step), long = pen.measureText(label).width;
    if (x - long / 2 > width - long) continue;
    pen.textAlign = "left";
    pen.fillText(label, Math.min(Math.max(x - long / 2, gutter + 2), width - long - 3), AXIS / 2 - 2);
  }
  pen.fillStyle = colours.line;
  pen.fillRect(0, AXIS - 1, width, 1);
}

function paintRow(thread) {
  const { main, holds } = layout.rows[thread.index];
  const isFaint = state.found !== null && !state.found[thread.index].name;
  pen.globalAlpha = isFaint ? .22 : 1;
  paintLane(thread.main, main, layout.main, colours.of, thread);
  thread.lanes.forEach((lane, i) => {
    const y = holds + i * layout.hold;
    paintLane(lane, y, layout.hold - 1, [colours.hold], thread);
  });
  pen.globalAlpha = 1;
  if (isFaint) {
    const found = state.found[thread.index];
    paintFound(thread.main, found.lists[0], main, layout.main, (i) => colours.of[thread.main.kind[i]], thread);
    thread.lanes.forEach((lane, k) => {
      paintFound(lane, found.lists[k + 1], holds + k * layout.hold, layout.hold - 1, () => colours.hold, thread);
    });
  }
}

// Spans one by one where they are few, else the part of each kind in each pixel as a colour.
function paintLane(lane, y, height, palette, thread) {
  const first = above(lane.end, view.from), last = above(lane.start, view.to) - 1;
  if (last < first) return;
  const left = layout.gutter, pixels = Math.ceil(layout.width - left);
  if (last - first <= pixels) {
    for (let i = first; i <= last; i++) {
      const kind = lane.kind === undefined ? 0 : lane.kind[i];
      const x = Math.max(xOf(lane.start[i]), left - 2), end = Math.min(xOf(lane.end[i]), layout.width + 2);
      pen.fillStyle = palette[kind];
      pen.fillRect(x, y, Math.max(end - x - (end - x > 4 ? .75 : 0), 1), height);
      if (height >= 12 && end - x > 34) label(lane, i, kind, x, end, y, height, thread);
    }
    return;
  }
  const tones = palette.map(rgb), image = pen.createImageData(pixels, 1), { data } = image;
  eachPart(lane, view.from, view.to, pixels, (x, shares) => {
    let red = 0, green = 0, blue = 0, total = 0;
    for (let kind = 0; kind < tones.length; kind++) {
      // Little of a wait for a lock is still to be seen.
      const share = kind === LOCK && shares[kind] > 0 ? Math.max(shares[kind], .25) : shares[kind];
      red += tones[kind][0] * share;
      green += tones[kind][1] * share;
      blue += tones[kind][2] * share;
      total += share;
    }
    if (total <= 1e-9) return;
    data[4 * x] = red / total;
    data[4 * x + 1] = green / total;
    data[4 * x + 2] = blue / total;
    data[4 * x + 3] = 255 * Math.min(1, Math.max(total, .3));
  });
  buffer ??= document.createElement("canvas");
  if (buffer.width !== pixels) buffer.width = pixels;
  buffer.height = 1;
  buffer.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(buffer, left, y, pixels, height);
}

function label(lane, i, kind, x, end, y, height, thread) {
  let text;
  if (lane.hold !== undefined) text = lockNames[thread.holds.lock[lane.hold[i]]];
  else if (lane.wait[i] >= 0) text = waitName(thread, lane.wait[i], lockNames);
  else if (lane.task[i] >= 0) text = texts[thread.tasks.name[lane.task[i]]];
  else return;
  const from = Math.max(x, layout.gutter) + 5, room = Math.min(end, layout.width) - from - 4;
  pen.font = font(height < 14 ? 10 : 11.5);
  // Of the path of a function, its name is enough.
  if (pen.measureText(text).width > room) text = text.replace(/^\S*::(?=\w)/, "");
  text = shorten(text, room);
  // A few letters say nothing.
  if (text === "" || (text.endsWith("…") && text.length < 6)) return;
  pen.fillStyle = lane.hold === undefined ? colours.textOf[kind] : colours["hold-text"];
  pen.textAlign = "left";
  pen.textBaseline = "middle";
  pen.fillText(text, from, y + height / 2 + .5);
}

function shorten(text, room) {
  if (room < 14) return "";
  if (pen.measureText(text).width <= room) return text;
  let low = 0, high = Math.min(text.length, Math.ceil(room / 3));
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (pen.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle; else high = middle - 1;
  }
  return low < 2 ? "" : `${text.slice(0, low)}…`;
}

const waitName = ({ waits: { operation, lock } }, wait, names) =>
  lock[wait] < 0 ? texts[operation[wait]] : `${texts[operation[wait]]} ${names[lock[wait]]}`;

// The first place in `list`, a list of indices, whose value is greater.
function aboveIn(values, list, value) {
  let from = 0, to = list.length;
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (values[list[middle]] > value) to = middle; else from = middle + 1;
  }
  return from;
}

// What the search has found in a lane, each at least wide enough to be seen.
function paintFound(lane, found, y, height, colour, thread) {
  let drawn = -Infinity;
  const from = Math.max(0, aboveIn(lane.start, found, view.from) - 1);
  for (let k = from; k < found.length && lane.start[found[k]] < view.to; k++) {
    const i = found[k], x = xOf(lane.start[i]), end = Math.max(xOf(lane.end[i]), x + 2);
    if (end < drawn + 1) continue;
    pen.fillStyle = colour(i);
    pen.fillRect(Math.max(x, drawn), y, end - Math.max(x, drawn), height);
    if (height >= 12 && end - x > 34) label(lane, i, lane.kind === undefined ? 0 : lane.kind[i], x, end, y, height, thread);
    drawn = end;
  }
}

function paintNames(visible, scroll) {
  const { gutter, isNarrow, shown, main, size } = layout;
  pen.save();
  pen.beginPath();
  pen.rect(0, AXIS, isNarrow ? layout.width : gutter, shown - AXIS);
  pen.clip();
  pen.translate(0, -scroll);
  pen.textBaseline = "middle";
  pen.textAlign = "left";
  for (const thread of visible) {
    const row = layout.rows[thread.index];
    const isFound = state.found !== null && state.found[thread.index].name;
    const isFaint = state.found !== null && !isFound && state.found[thread.index].count === 0;
    pen.font = font(isNarrow || size === 2 ? 11.5 : 13, isFound || thread.index === state.thread ? "600" : "");
    pen.fillStyle = isFaint ? colours.faint : colours.text;
    const y = isNarrow ? row.top + 6 : row.main + main / 2 + 1;
    pen.fillText(shorten(thread.name, isNarrow ? layout.width - 20 : gutter - 24) || thread.name.slice(0, 8), isNarrow ? 6 : 14, y);
  }
  pen.restore();
  if (!isNarrow) {
    pen.fillStyle = colours.line;
    pen.fillRect(gutter - 1, 0, 1, shown);
  }
}

// From the thread that ended a wait to the one that goes on.
function paintArrows(scroll, shown) {
  const first = above(arrows.start, view.from - arrows.longest), last = above(arrows.start, view.to);
  const chosen = [];
  for (let i = first; i < last; i++) {
    if (arrows.end[i] < view.from) continue;
    state.arrowsInView += 1;
    if (chosen.length <= MOST_ARROWS) chosen.push(i);
  }
  let drawn = chosen;
  if (state.arrowsInView > MOST_ARROWS) {
    // Too many to be told apart: those of the selected thread, if it has few.
    drawn = [];
    for (let i = first; i < last && state.thread >= 0 && drawn.length <= MOST_ARROWS; i++) {
      if (arrows.end[i] >= view.from && (arrows.from[i] === state.thread || arrows.to[i] === state.thread)) drawn.push(i);
    }
    if (drawn.length > MOST_ARROWS) drawn = [];
  }
  state.arrowsDrawn = drawn.length;
  const alpha = drawn.length > 200 ? .25 : drawn.length > 80 ? .4 : drawn.length > 30 ? .65 : .85;
  for (const i of drawn) {
    const from = layout.rows[arrows.from[i]], to = layout.rows[arrows.to[i]];
    if (from === to) continue;
    const isDown = to.top > from.top;
    const x1 = xOf(arrows.start[i]), x2 = xOf(arrows.end[i]);
    const y1 = from.main + (isDown ? layout.main : 0), y2 = to.main + (isDown ? 0 : layout.main);
    if (Math.max(y1, y2) < scroll || Math.min(y1, y2) > scroll + shown) continue;
    const isOfSelected = state.thread >= 0 && (arrows.from[i] === state.thread || arrows.to[i] === state.thread);
    const strength = isOfSelected ? 1 : state.thread >= 0 ? alpha * .45 : alpha;
    pen.strokeStyle = pen.fillStyle = mix(colours.arrow, strength);
    pen.lineWidth = isOfSelected ? 1.6 : 1.1;
    const bend = Math.min(26, Math.abs(y2 - y1) / 2 + 4), tip = isDown ? y2 - 5 : y2 + 5;
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.bezierCurveTo(x1, y1 + (isDown ? bend : -bend), x2, tip + (isDown ? -bend : bend), x2, tip);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(x2, y2);
    pen.lineTo(x2 - 3.2, tip - (isDown ? 1 : -1));
    pen.lineTo(x2 + 3.2, tip - (isDown ? 1 : -1));
    pen.fill();
    pen.beginPath();
    pen.arc(x1, y1, 1.8, 0, 7);
    pen.fill();
  }
}

// Where a span is on the canvas, without the scrolling.
function boxOf({ thread, part, at }) {
  const row = layout.rows[thread], { main, lanes } = threads[thread];
  if (part === "main") {
    return { x: xOf(main.start[at]), end: xOf(main.end[at]), y: row.main, height: layout.main };
  }
  const lane = lanes.findIndex(({ hold }) => hold[above(hold, at) - 1] === at);
  if (lane < 0) return null;
  const { holds } = threads[thread];
  return { x: xOf(holds.start[at]), end: xOf(holds.end[at]), y: row.holds + lane * layout.hold, height: layout.hold - 1 };
}

function paintSelection() {
  pen.save();
  clipToRows();
  for (const [point, width] of [[state.hovered, 1], [state.selected, 2]]) {
    if (point === null || point.part === "name") continue;
    const box = boxOf(point);
    if (box === null) continue;
    const x = Math.max(box.x, -9), end = Math.min(Math.max(box.end, box.x + 2), layout.width + 9);
    pen.strokeStyle = colours.mark;
    pen.lineWidth = width;
    pen.strokeRect(x - .5, box.y - .5, end - x + 1, box.height + 1);
  }
  pen.restore();
}

// All threads together over all of the time, and the part that is in view.
let overviewImage = null;
function paintOverview() {
  const width = overview.clientWidth, height = 40;
  if (overviewImage === null) {
    const pixels = Math.max(1, Math.floor(width));
    overviewImage = Array.from({ length: pixels }, () => [0, 0, 0]);
    for (const { main } of threads) {
      eachPart(main, 0, length, pixels, (x, shares) => {
        for (let kind = 0; kind < 3; kind++) overviewImage[x][kind] += shares[kind] / threads.length;
      });
    }
  }
  const pen = overviewPen, room = height - 8;
  pen.fillStyle = colours.card;
  pen.fillRect(0, 0, width, height);
  overviewImage.forEach((parts, x) => {
    let y = height - 3;
    for (const kind of [RUN, LOCK, WAIT]) {
      const tall = parts[kind] * room;
      if (tall <= 0) continue;
      pen.fillStyle = colours.of[kind];
      pen.fillRect(x, y - tall, 1, tall);
      y -= tall;
    }
  });
  if (view.to - view.from < length) {
    const from = view.from / length * width, to = Math.max(view.to / length * width, from + 3);
    pen.fillStyle = mix(colours.ground, .72);
    pen.fillRect(0, 0, from, height);
    pen.fillRect(to, 0, width - to, height);
    pen.strokeStyle = colours.focus;
    pen.lineWidth = 2;
    pen.strokeRect(from + 1, 1, to - from - 2, height - 2);
  }
}
