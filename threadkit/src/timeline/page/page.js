// What the page says and what it does: the tip, the details, the search, mouse and keys, and the tables.

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

// What is known of a span, as pairs of a word and a text.
function facts(point) {
  const thread = threads[point.thread];
  const range = (start, end) => [
    ["for", `${duration(end - start)}${end >= length && thread.ended === null ? ", until the recording ended" : ""}`],
    ["from", `${duration(start)} to ${duration(end)}`],
  ];
  if (point.part === "name") {
    const { main, holds } = thread, whole = thread.to - thread.from;
    const sums = main.sums.map((sum) => sum[main.count]);
    return {
      title: thread.name,
      facts: [
        ["number", String(thread.id)],
        ["began", thread.began === null ? "before the recording" : duration(thread.began)],
        ["ended", thread.ended === null ? "after the recording" : duration(thread.ended)],
        ["running", `${percent(share(sums[RUN], whole))} (${duration(sums[RUN])})`],
        ["waiting for locks", `${percent(share(sums[LOCK], whole))} (${duration(sums[LOCK])})`],
        ["other waits", `${percent(share(sums[WAIT], whole))} (${duration(sums[WAIT])})`],
        ["locks acquired", number(holds.count)],
      ],
    };
  }
  if (point.part === "hold") {
    const { holds } = thread, i = point.at, side = SIDES[holds.side[i]];
    return {
      colour: colours.hold,
      title: `holds ${quotedLocks[holds.lock[i]]}${side === "" ? "" : `, ${side}`}`,
      facts: [
        ["thread", thread.name],
        ...range(holds.start[i], holds.end[i]),
        ["acquired at", places[holds.place[i]], "place"],
        ["lock made at", places[locks[holds.lock[i]].made], "place"],
      ],
    };
  }
  const { main, waits, tasks } = thread, kind = main.kind[point.at], wait = main.wait[point.at], task = main.task[point.at];
  const told = [["thread", thread.name]];
  if (task >= 0) told.push(["task", texts[tasks.name[task]], "place"]);
  if (wait < 0) {
    return {
      colour: colours.run,
      title: "running",
      facts: [...told, ...range(main.start[point.at], main.end[point.at])],
    };
  }
  told.push(...range(waits.start[wait], waits.end[wait]), ["at", places[waits.place[wait]], "place"]);
  if (waits.lock[wait] >= 0) told.push(["lock made at", places[locks[waits.lock[wait]].made], "place"]);
  if (waits.whom[wait] >= 0) {
    told.push([waits.lock[wait] >= 0 ? "held by" : "waits for", threads[waits.whom[wait]].name]);
  }
  const arrow = arrowTo(point.thread, waits.end[wait]);
  if (arrow >= 0) {
    told.push([arrows.kind[arrow] === 1 ? "released by" : "woken by",
      `${threads[arrows.from[arrow]].name}, ${duration(arrows.end[arrow] - arrows.start[arrow])} before it went on`]);
  }
  return { colour: colours.of[kind], title: `waits in ${waitName(thread, wait, quotedLocks)}`, facts: told };
}

function describe(point) {
  const { colour, title, facts: told } = facts(point);
  const head = element("div", { className: "title" });
  if (colour !== undefined) {
    const dot = element("i");
    dot.style.background = colour;
    head.append(dot);
  }
  head.append(title);
  const list = element("dl");
  for (const [word, text, className = ""] of told) {
    list.append(element("dt", { textContent: word }), element("dd", { textContent: text, className }));
  }
  return [head, list];
}

function hover(point, x, y) {
  const tip = $("tip"), isSame = JSON.stringify(point) === JSON.stringify(state.hovered);
  state.hovered = point;
  tip.hidden = point === null;
  if (point !== null) {
    if (!isSame) tip.replaceChildren(...describe(point));
    const { offsetWidth, offsetHeight } = tip;
    const left = x + 16 + offsetWidth > innerWidth - 8 ? x - 16 - offsetWidth : x + 16;
    const top = y + 18 + offsetHeight > innerHeight - 8 ? y - 14 - offsetHeight : y + 18;
    tip.style.left = `${Math.max(8, Math.min(left, innerWidth - offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(8, top)}px`;
  }
  if (!isSame) draw(false);
}

function select(point) {
  state.selected = point;
  state.thread = point === null ? -1 : point.thread;
  $("details").replaceChildren(...(point === null ? [] : describe(point)));
  draw();
}

function spanOf({ thread, part, at }) {
  const { main, holds, from, to } = threads[thread];
  if (part === "name") return { start: from, end: to };
  const spans = part === "hold" ? holds : main;
  return { start: spans.start[at], end: spans.end[at] };
}

// Selects it, and moves the view so that it can be seen.
function goTo(point) {
  const { start, end } = spanOf(point), long = view.to - view.from;
  select(point);
  const row = layout.rows[point.thread];
  if (row.top < rows.scrollTop + AXIS) rows.scrollTop = row.top - AXIS - 4;
  if (row.bottom > rows.scrollTop + layout.shown) rows.scrollTop = row.bottom - layout.shown + 4;
  if (start >= view.from && end <= view.to) return;
  const wanted = Math.max(long, Math.min(end - start, length) * 1.2);
  const middle = end - start < long ? (start + end) / 2 : start + wanted / 2.4;
  show(middle - wanted / 2, middle + wanted / 2);
}

function zoomTo(point) {
  const { start, end } = spanOf(point), around = Math.max((end - start) * .3, SHORTEST);
  show(start - around, end + around);
}

function step(by) {
  if (threads.length === 0) return;
  if (state.thread < 0) return select({ thread: 0, part: "name" });
  const { main } = threads[state.thread], selected = state.selected;
  let at = selected !== null && selected.part === "main" ? selected.at + by : above(main.start, view.from) - (by > 0 ? 0 : 1);
  at = Math.min(Math.max(at, 0), main.count - 1);
  if (at >= 0) goTo({ thread: state.thread, part: "main", at });
}

// The search.

// What is found is in lists, in the order of time: for each thread, its name, its main lane, and the lanes of its holds.
let match = null;   // the current one: thread, list and place in the list; the list of a name is -1
let total = 0;

function search(query) {
  const wanted = query.trim().toLowerCase();
  match = null;
  total = 0;
  state.found = null;
  if (wanted !== "") {
    const has = (text) => text.toLowerCase().includes(wanted);
    const isPlace = places.map(has), isText = texts.map(has), isLock = lockNames.map(has);
    state.found = threads.map((thread) => {
      const { main, waits, tasks, holds } = thread;
      const isMain = (i) => {
        const wait = main.wait[i], task = main.task[i];
        return wait >= 0
          ? isText[waits.operation[wait]] || isPlace[waits.place[wait]] || (waits.lock[wait] >= 0 && isLock[waits.lock[wait]])
          : task >= 0 && isText[tasks.name[task]];
      };
      const lists = [
        indices(main.count, isMain),
        ...thread.lanes.map(({ count, hold }) =>
          indices(count, (k) => isLock[holds.lock[hold[k]]] || isPlace[holds.place[hold[k]]])),
      ];
      const found = { name: has(thread.name), lists, count: lists.reduce((sum, list) => sum + list.length, 0) };
      total += found.count + (found.name ? 1 : 0);
      return found;
    });
  }
  sayMatches();
  draw();
}

function indices(count, isIt) {
  const all = new Uint32Array(count);
  let length = 0;
  for (let i = 0; i < count; i++) if (isIt(i)) all[length++] = i;
  return all.slice(0, length);
}

const laneOf = (thread, list) => list === 0 ? threads[thread].main : threads[thread].lanes[list - 1];

// When a match begins; that of a name comes before all others.
const timeOf = ({ thread, list, place }) =>
  list < 0 ? -1 : laneOf(thread, list).start[state.found[thread].lists[list][place]];

// The matches that come before one, and the one after it in its order: by time, thread and list.
function around(match) {
  const time = match === null ? -Infinity : timeOf(match);
  let before = 0, next = null, previous = null;
  const consider = (candidate, isNext) => {
    const at = timeOf(candidate), best = isNext ? next : previous;
    const isBetter = best === null || (isNext ? at < timeOf(best) : at >= timeOf(best));
    if (isBetter && isNext) next = candidate;
    if (isBetter && !isNext) previous = candidate;
  };
  state.found.forEach(({ name, lists }, thread) => {
    for (let list = name ? -1 : 0; list < lists.length; list++) {
      const length = list < 0 ? 1 : lists[list].length, isOwn = match?.thread === thread && match.list === list;
      // The first of the list that comes after the match: at the same time, the one of a later list.
      const isLater = match !== null && (thread > match.thread || (thread === match.thread && list > match.list));
      let from;
      if (isOwn) from = match.place + 1;
      else if (list < 0) from = time > -1 || (time === -1 && !isLater) ? 1 : 0;
      else {
        const { start } = laneOf(thread, list);
        from = aboveIn(start, lists[list], time);
        while (isLater && from > 0 && start[lists[list][from - 1]] === time) from -= 1;
      }
      if (from < length) consider({ thread, list, place: from }, true);
      const last = isOwn ? from - 2 : from - 1;
      if (last >= 0) consider({ thread, list, place: last }, false);
      before += isOwn ? from - 1 : from;
    }
  });
  return { before, next, previous };
}

function sayMatches() {
  $("matches").textContent = state.found === null ? ""
    : total === 0 ? "no match"
    : match === null ? plural(total, "match", "matches")
    : `${number(around(match).before + 1)} of ${number(total)}`;
  $("next").disabled = $("previous").disabled = total === 0;
}

function goToMatch(by) {
  if (total === 0) return;
  const { next, previous } = around(match);
  match = by > 0 ? next ?? around(null).next : previous ?? lastMatch();
  const { thread, list, place } = match;
  const at = list < 0 ? undefined : state.found[thread].lists[list][place];
  goTo(list < 0 ? { thread, part: "name" } : list === 0 ? { thread, part: "main", at }
    : { thread, part: "hold", at: laneOf(thread, list).hold[at] });
  sayMatches();
}

function lastMatch() {
  let last = null;
  for (let next = around(null).next; next !== null;) {
    // From the last one of each list on, there are as many steps as lists at most.
    const { thread, list } = next;
    last = { thread, list, place: list < 0 ? 0 : state.found[thread].lists[list].length - 1 };
    ({ next } = around(last));
  }
  return last;
}

function lookFor(text) {
  $("query").value = text;
  search(text);
  $("chart").scrollIntoView({ block: "nearest" });
}

function toggleArrows() {
  state.arrows = !state.arrows;
  $("arrows").setAttribute("aria-pressed", String(state.arrows));
  draw();
}

// Mouse, touch and keys.

const pointers = new Map();
let moved = 0;

function local(event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

rows.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  pointers.set(event.pointerId, event);
  if (pointers.size === 1) moved = 0;
});
addEventListener("pointermove", (event) => {
  const before = pointers.get(event.pointerId);
  if (before === undefined) {
    const [x, y] = local(event);
    const isInside = event.target instanceof Node && rows.contains(event.target);
    hover(isInside ? pointAt(x, y) : null, event.clientX, event.clientY);
    return;
  }
  const others = [...pointers.values()].filter(({ pointerId }) => pointerId !== event.pointerId);
  pointers.set(event.pointerId, event);
  const width = layout.width - layout.gutter;
  if (others.length > 0) {
    const [other] = others;
    const apart = Math.abs(before.clientX - other.clientX), now = Math.abs(event.clientX - other.clientX);
    if (apart > 8 && now > 8) zoom(apart / now, timeAt(local(other)[0]));
    moved = 99;
    return;
  }
  const by = event.clientX - before.clientX;
  moved += Math.abs(by) + Math.abs(event.clientY - before.clientY);
  if (moved > 4) {
    rows.classList.add("dragging");
    hover(null, 0, 0);
    pan(-by / width);
    if (event.pointerType === "mouse") rows.scrollTop -= event.clientY - before.clientY;
  }
});
const release = (event) => {
  if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
  rows.classList.remove("dragging");
  if (event.type === "pointerup" && moved <= 4) select(pointAt(...local(event)));
};
addEventListener("pointerup", release);
addEventListener("pointercancel", release);
rows.addEventListener("pointerleave", () => hover(null, 0, 0));
rows.addEventListener("dblclick", (event) => {
  const point = pointAt(...local(event));
  if (point !== null) zoomTo(point);
});
rows.addEventListener("scroll", draw);
rows.addEventListener("wheel", (event) => {
  const isSideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
  const lines = event.deltaMode === 1 ? 20 : 1;
  if (event.ctrlKey || event.metaKey || event.altKey) {
    event.preventDefault();
    const by = Math.max(-200, Math.min(200, event.deltaY * lines));
    zoom(Math.exp(by / 250), timeAt(Math.max(local(event)[0], layout.gutter)));
  } else if (isSideways) {
    event.preventDefault();
    pan((event.deltaX || event.deltaY) * lines / (layout.width - layout.gutter));
  }
}, { passive: false });

const moveView = (event) => {
  const box = overview.getBoundingClientRect(), long = view.to - view.from;
  const middle = (event.clientX - box.left) / box.width * length;
  show(middle - long / 2, middle + long / 2);
};
overview.addEventListener("pointerdown", (event) => {
  overview.setPointerCapture(event.pointerId);
  moveView(event);
});
overview.addEventListener("pointermove", (event) => {
  if (overview.hasPointerCapture(event.pointerId)) moveView(event);
});

const KEYS = {
  "ArrowLeft": ({ shiftKey }) => pan(shiftKey ? -.5 : -.1),
  "ArrowRight": ({ shiftKey }) => pan(shiftKey ? .5 : .1),
  "ArrowUp": () => goTo({ thread: Math.max(state.thread - 1, 0), part: "name" }),
  "ArrowDown": () => goTo({ thread: Math.min(state.thread + 1, threads.length - 1), part: "name" }),
  "+": () => zoom(1 / 1.5),
  "=": () => zoom(1 / 1.5),
  "-": () => zoom(1.5),
  "0": () => show(0, length),
  "Home": () => show(0, length),
  ",": () => step(-1),
  ".": () => step(1),
  "Enter": () => state.selected !== null && zoomTo(state.selected),
};
const KEYS_OF_PAGE = {
  "/": () => $("query").focus(),
  "n": () => goToMatch(1),
  "N": () => goToMatch(-1),
  "a": toggleArrows,
  "Escape": () => {
    lookFor("");
    select(null);
  },
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === $("query")) {
    if (event.key === "Escape") { lookFor(""); rows.focus(); }
    else if (event.key === "Enter") goToMatch(event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
    return;
  }
  const isOfRows = event.target === rows || event.target === document.body;
  const act = KEYS_OF_PAGE[event.key] ?? (isOfRows && threads.length > 0 ? KEYS[event.key] : undefined);
  if (act === undefined) return;
  event.preventDefault();
  act(event);
});

$("query").addEventListener("input", (event) => search(event.target.value));
$("next").addEventListener("click", () => goToMatch(1));
$("previous").addEventListener("click", () => goToMatch(-1));
$("zoom-in").addEventListener("click", () => zoom(1 / 2));
$("zoom-out").addEventListener("click", () => zoom(2));
$("fit").addEventListener("click", () => show(0, length));
$("arrows").addEventListener("click", toggleArrows);

// The tables.

const MOST_LINES = 500;

// A table that is sorted by a click on a head. A column has a head, the value that sorts it, and a function for its cell.
function table(id, all, columns, by, none) {
  let sorted = { column: by, down: true };
  const fill = () => {
    const { column, down } = sorted, { value } = columns[column];
    all.sort((a, b) => {
      const x = value(a), y = value(b), order = typeof x === "string" ? x.localeCompare(y) : x - y;
      return down ? -order : order;
    });
    const heads = columns.map(({ head, title = "", left }, i) => {
      const cell = element("th", { scope: "col", className: left ? "left" : "" },
        element("button", { type: "button", textContent: head, title, onclick: () => {
          sorted = { column: i, down: i === column ? !down : !left };
          fill();
        } }));
      if (i === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      return cell;
    });
    const lines = all.slice(0, MOST_LINES).map((one) => element("tr", {}, ...columns.map(({ cell, left }) => {
      const td = element("td", { className: left ? "left name" : "" });
      cell(td, one);
      return td;
    })));
    const more = all.length - lines.length, rest = lines.length === 0 ? none
      : more > 0 ? `and ${number(more)} more; a click on a head sorts by that column` : "";
    if (rest !== "") {
      lines.push(element("tr", {}, element("td", { className: "empty", colSpan: columns.length, textContent: rest })));
    }
    $(id).replaceChildren(element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...lines));
  };
  fill();
}

const count = (key) => ({ value: (one) => one[key], cell: (td, one) => {
  td.textContent = number(one[key]);
  td.classList.toggle("zero", one[key] === 0);
} });
const time = (key) => ({ value: (one) => one[key], cell: (td, one) => {
  td.textContent = one[key] === 0 ? "0" : duration(one[key]);
  td.classList.toggle("zero", one[key] === 0);
} });
const link = (text, className, onclick) => element("button", { type: "button", className: `link ${className}`, textContent: text, onclick });

function tables() {
  const all = contention(), most = all.reduce((most, { blame }) => Math.max(most, blame), 0);
  table("places", all, [
    { head: "acquired at", left: true, value: ({ place }) => places[place],
      cell: (td, { place }) => td.append(link(places[place], "place", () => lookFor(places[place]))) },
    { head: "lock", left: true, value: ({ lock }) => lockNames[lock],
      cell: (td, { lock }) => td.append(link(lockNames[lock], "", () => lookFor(lockNames[lock]))) },
    { head: "blame", title: "How long other threads waited while the lock was held from here", ...time("blame"),
      cell: (td, { blame }) => {
        td.textContent = blame === 0 ? "0" : duration(blame);
        td.className = blame === 0 ? "zero" : "meter";
        td.style.setProperty("--part", `${share(blame, most)}%`);
      } },
    { head: "acquired", ...count("count") },
    { head: "contended", title: "How many of the acquisitions had to wait", ...count("waits") },
    { head: "waited", ...time("waited") },
    { head: "longest wait", ...time("longestWait") },
    { head: "held", ...time("held") },
    { head: "longest hold", ...time("longestHold") },
  ], 2, "No lock was acquired.");
  const ofThreads = threads.map((thread) => {
    const [run, lock, wait] = thread.main.sums.map((sum) => sum[thread.main.count]);
    return { thread, run, lock, wait, holds: thread.holds.count, tasks: thread.tasks.count };
  });
  table("shares", ofThreads, [
    { head: "thread", left: true, value: ({ thread }) => thread.name,
      cell: (td, { thread }) => td.append(link(thread.name, "", () => {
        goTo({ thread: thread.index, part: "name" });
        $("chart").scrollIntoView({ block: "nearest" });
      })) },
    { head: "shares", left: true, value: ({ run, lock, wait }) => share(run, run + lock + wait), cell: (td, { run, lock, wait }) => {
      const bar = element("div", { className: "share" });
      [["run", run], ["lock", lock], ["wait", wait]].forEach(([name, long]) => {
        const part = element("i", { className: name });
        part.style.width = `${share(long, run + lock + wait)}%`;
        bar.append(part);
      });
      bar.setAttribute("role", "img");
      bar.setAttribute("aria-label", `running ${percent(share(run, run + lock + wait))}, waiting for locks ${percent(share(lock, run + lock + wait))}`);
      td.append(bar);
    } },
    { head: "running", ...time("run") },
    { head: "waiting for locks", ...time("lock") },
    { head: "other waits", ...time("wait") },
    { head: "acquired", ...count("holds") },
    { head: "tasks", ...count("tasks") },
  ], 3, "No thread was recorded.");
}

// The beginning.

function summary() {
  const spans = threads.reduce((sum, { waits, holds, tasks }) => sum + waits.count + holds.count + tasks.count, 0);
  $("summary").textContent = [
    duration(recording.length), plural(threads.length, "thread"), plural(locks.length, "lock"),
    plural(spans, "event"), plural(arrows.count, "hand\u2011off"),
  ].join(" · ");
  const notes = [];
  if (recording.note !== null) notes.push(recording.note);
  if (recording.lost > 0) {
    notes.push(`${plural(recording.lost, "event")} of the beginning ${recording.lost === 1 ? "is" : "are"} missing: the recording keeps the latest ${number(recording.room)}.`);
  }
  $("notice").textContent = notes.join(" ");
  $("notice").hidden = notes.length === 0;
  rows.setAttribute("aria-label", `${plural(threads.length, "thread")} over ${duration(recording.length)}; the tables below have the sums`);
}

function resize() {
  overviewImage = null;
  measure();
  draw();
}

readColours();
summary();
resize();
// The rows are there before the sums.
setTimeout(tables);
new ResizeObserver(resize).observe($("chart"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  readColours();
  draw();
});

// For the test of this page: where things are, and what was drawn.
window.timeline = {
  threads, arrows, view, state, contention, duration, layout: () => layout,
  // The middle of a span on the screen.
  pointOf: (thread, part, at) => {
    const box = boxOf({ thread, part, at }), { left, top } = canvas.getBoundingClientRect();
    return { x: left + (Math.max(box.x, layout.gutter) + Math.min(box.end, layout.width)) / 2, y: top + box.y + box.height / 2 - rows.scrollTop };
  },
};
