// What was recorded, ready to be drawn and searched. Times are nanoseconds since the recording began.

const RUN = 0, LOCK = 1, WAIT = 2;
// How many locks that a thread holds at a time are drawn.
const LANES = 8;

const recording = JSON.parse(document.getElementById("recording").textContent);
const { places, texts, locks } = recording;
const length = Math.max(recording.length, 1);

// The first index in `sorted[from..to]` whose value is greater than `value`.
function above(sorted, value, from = 0, to = sorted.length) {
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (sorted[middle] > value) to = middle; else from = middle + 1;
  }
  return from;
}

// Columns of a flat list of spans: begin (as the distance from the one before), duration, and the `others`. Those with a
// question mark count from one, and become -1 where there is none.
function columns(flat, others) {
  const width = 2 + others.length, count = flat.length / width;
  const spans = { count, start: new Float64Array(count), end: new Float64Array(count) };
  const into = others.map((other) => spans[other.replace("?", "")] = new Int32Array(count));
  const shift = others.map((other) => other.endsWith("?") ? 1 : 0);
  let start = 0;
  for (let i = 0, at = 0; i < count; i++, at += width) {
    start += flat[at];
    spans.start[i] = start;
    spans.end[i] = start + flat[at + 1];
    for (let k = 0; k < others.length; k++) into[k][i] = flat[at + 2 + k] - shift[k];
  }
  return spans;
}

// What a thread did at each time. Waits and tasks nest; the innermost counts.
//
// A segment refers to its wait by `wait`, and to its task by `task`; -1 means none.
function segments(thread) {
  const { waits, tasks } = thread, most = 2 * (waits.count + tasks.count) + 1;
  const start = new Float64Array(most), end = new Float64Array(most), kind = new Uint8Array(most);
  const wait = new Int32Array(most), task = new Int32Array(most);
  const open = [];
  let cursor = thread.from, count = 0;
  const upTo = (time) => {
    if (time <= cursor) return;
    const top = open.at(-1);
    const isWait = top !== undefined && top.wait >= 0;
    start[count] = cursor;
    end[count] = time;
    kind[count] = isWait ? (waits.lock[top.wait] >= 0 ? LOCK : WAIT) : RUN;
    wait[count] = isWait ? top.wait : -1;
    task[count] = top === undefined ? -1 : top.task;
    count += 1;
    cursor = time;
  };
  const close = (time) => {
    while (open.length > 0 && open.at(-1).end <= time) {
      upTo(open.at(-1).end);
      open.pop();
    }
  };
  let w = 0, t = 0;
  while (w < waits.count || t < tasks.count) {
    const isTask = w >= waits.count || (t < tasks.count && tasks.start[t] <= waits.start[w]);
    const from = isTask ? tasks.start[t] : waits.start[w];
    close(from);
    upTo(from);
    open.push(isTask
      ? { end: tasks.end[t], wait: -1, task: t++ }
      : { end: waits.end[w], wait: w++, task: open.at(-1)?.task ?? -1 });
  }
  close(Infinity);
  upTo(thread.to);
  return lane(start.slice(0, count), end.slice(0, count), {
    kind: kind.slice(0, count), wait: wait.slice(0, count), task: task.slice(0, count),
  });
}

// Spans that do not overlap, with the sums of their durations, so that any part of them can be drawn without a look
// at each.
function lane(start, end, more) {
  const count = start.length;
  const sums = [new Float64Array(count + 1), new Float64Array(count + 1), new Float64Array(count + 1)];
  for (let i = 0; i < count; i++) {
    const kind = more.kind === undefined ? RUN : more.kind[i];
    for (let k = 0; k < 3; k++) sums[k][i + 1] = sums[k][i] + (k === kind ? end[i] - start[i] : 0);
  }
  return { count, start, end, sums, ...more };
}

// Holds overlap, so each goes into the first lane that is free.
function holdLanes(holds) {
  const lanes = [];
  for (let i = 0; i < holds.count; i++) {
    let lane = lanes.find((lane) => lane.end <= holds.start[i]);
    if (lane === undefined && lanes.length < LANES) lanes.push(lane = { end: 0, spans: [] });
    // More at a time than there are lanes: the last lane shows where one begins.
    lane ??= lanes.at(-1);
    const before = lane.spans.at(-1);
    if (before !== undefined && holds.end[before] > holds.start[i]) continue;
    lane.spans.push(i);
    lane.end = holds.end[i];
  }
  return lanes.map(({ spans }) => lane(
    Float64Array.from(spans, (i) => holds.start[i]),
    Float64Array.from(spans, (i) => holds.end[i]),
    { hold: Int32Array.from(spans) },
  ));
}

const threads = recording.threads.map((given, index) => {
  const thread = {
    index,
    id: given.id,
    name: given.name,
    from: given.from,
    to: given.ended ?? length,
    began: given.began,
    ended: given.ended,
    waits: columns(given.waits, ["operation", "lock?", "place", "whom?"]),
    holds: columns(given.holds, ["lock", "side", "place"]),
    tasks: columns(given.tasks, ["name"]),
  };
  thread.main = segments(thread);
  thread.lanes = holdLanes(thread.holds);
  return thread;
});

// Arrows: from the thread that ended a wait to the one that waited.
const arrows = (() => {
  const flat = recording.arrows, count = flat.length / 5;
  const all = {
    count, start: new Float64Array(count), end: new Float64Array(count),
    from: new Int32Array(count), to: new Int32Array(count), kind: new Uint8Array(count), longest: 0,
  };
  let start = 0;
  for (let i = 0, at = 0; i < count; i++, at += 5) {
    start += flat[at];
    all.start[i] = start;
    all.end[i] = start + flat[at + 1];
    all.from[i] = flat[at + 2];
    all.to[i] = flat[at + 3];
    all.kind[i] = flat[at + 4];
    all.longest = Math.max(all.longest, flat[at + 1]);
  }
  return all;
})();

// The arrow that ends at that time at that thread; -1 if there is none.
function arrowTo(thread, time) {
  for (let i = above(arrows.start, time - arrows.longest - 1); i < arrows.count && arrows.start[i] <= time; i++) {
    if (arrows.end[i] === time && arrows.to[i] === thread) return i;
  }
  return -1;
}

// A lock in words, and the same with its name in quotation marks.
const lockNames = locks.map(({ name, made, number }) =>
  `${name ?? `lock made at ${places[made]}`}${number > 0 ? ` (${number})` : ""}`);
const quotedLocks = locks.map(({ name }, i) => name === null ? lockNames[i] : `\`${lockNames[i]}\``);
const SIDES = ["", "reads", "reads, upgradable", "writes"];

// 1.25 ms
function duration(ns) {
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) {
    if (ns >= size) {
      const digits = ns >= 100 * size ? 0 : ns >= 10 * size ? 1 : 2;
      return `${(ns / size).toFixed(digits)} ${unit}`;
    }
  }
  return `${Math.round(ns)} ns`;
}

const number = (n) => n.toLocaleString("en");
const plural = (n, one, many = `${one}s`) => `${number(n)} ${n === 1 ? one : many}`;
const share = (part, whole) => whole > 0 ? 100 * part / whole : 0;
const percent = (value) => value === 0 ? "0 %" : value < .1 ? "<0.1 %" : `${value.toFixed(value < 10 ? 1 : 0)} %`;

// How much of each kind there is in each of the parts, of equal length, of [from, to]: calls `f` with the number of the
// part and the three shares.
function eachPart(lane, from, to, parts, f) {
  const { start, end, kind, sums, count } = lane, long = (to - from) / parts;
  const before = [0, 0, 0], shares = [0, 0, 0];
  let i = above(start, from) - 1;
  for (let part = -1; part < parts; part++) {
    const time = from + (part + 1) * long;
    // The next one is mostly near.
    let step = 1;
    while (i + step < count && start[i + step] <= time) step *= 2;
    if (step > 1) i = above(start, time, i + (step >> 1), Math.min(i + step, count)) - 1;
    for (let k = 0; k < 3; k++) {
      let sum = 0;
      if (i >= 0) {
        const isOpen = kind === undefined ? k === RUN : kind[i] === k;
        sum = sums[k][i] + (isOpen ? Math.min(time, end[i]) - start[i] : 0);
      }
      shares[k] = Math.max(0, sum - before[k]) / long;
      before[k] = sum;
    }
    if (part >= 0) f(part, shares);
  }
}

// By place and lock: how often it was acquired and for how long, and how long others waited for it.
function contention() {
  const rows = new Map();
  const row = (place, lock) => {
    const key = place * locks.length + lock;
    if (!rows.has(key)) {
      rows.set(key, { place, lock, count: 0, waits: 0, blame: 0, waited: 0, longestWait: 0, held: 0, longestHold: 0 });
    }
    return rows.get(key);
  };
  // The holds of each lock, by their beginning.
  const holdsOf = locks.map(() => ({ start: [], end: [], thread: [], at: [] }));
  for (const { holds, index } of threads) {
    for (let i = 0; i < holds.count; i++) {
      const long = holds.end[i] - holds.start[i], at = row(holds.place[i], holds.lock[i]), all = holdsOf[holds.lock[i]];
      at.count += 1;
      at.held += long;
      at.longestHold = Math.max(at.longestHold, long);
      all.start.push(holds.start[i]);
      all.end.push(holds.end[i]);
      all.thread.push(index);
      all.at.push(at);
    }
  }
  for (const all of holdsOf) {
    const order = Uint32Array.from(all.start.keys()).sort((a, b) => all.start[a] - all.start[b]);
    // The latest end so far, to find the first hold that reaches into a wait.
    let latest = 0;
    Object.assign(all, { order, latest: Float64Array.from(order, (i) => latest = Math.max(latest, all.end[i])) });
  }
  for (const { waits, index } of threads) {
    for (let i = 0; i < waits.count; i++) {
      const lock = waits.lock[i];
      if (lock < 0) continue;
      const start = waits.start[i], end = waits.end[i], at = row(waits.place[i], lock);
      at.waits += 1;
      at.waited += end - start;
      at.longestWait = Math.max(at.longestWait, end - start);
      const holds = holdsOf[lock];
      // Each moment is charged once, also if several readers hold the lock.
      let charged = start;
      for (let k = above(holds.latest, start); k < holds.order.length && charged < end; k++) {
        const hold = holds.order[k], from = Math.max(charged, holds.start[hold]), to = Math.min(end, holds.end[hold]);
        if (holds.start[hold] >= end) break;
        if (holds.thread[hold] === index || to <= from) continue;
        holds.at[hold].blame += to - from;
        charged = to;
      }
    }
  }
  return [...rows.values()];
}
