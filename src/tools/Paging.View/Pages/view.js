// @ts-check
"use strict";
// Asks the engine for what is on the screen, and puts it there.

/** @typedef {{mark: string, title?: string, svg?: string}} Picture */
/** @typedef {{number: number, text: string, result?: string}} Call */
/** @typedef {{message: string, why: string, position: number, count: number, isWhole: boolean, callsMark: string, calls?: Call[], breakpoints: string[],
 *   processes: {id: number, number: number, name: string}[], process: number, areas: number, rows: number, found?: number, figures: Object<string, Picture>,
 *   program?: {threads: string, output: string}}} Answer */

(() => {
  const kinds = ["space", "tables", "frames", "cache", "counters", "tree"];
  const areaHeight = 24;    // what one area more or less is on the scroll bar
  /** @type {Map<string, HTMLElement>} */ const panels = new Map();
  /** @type {Set<string>} */ const visible = new Set();
  let position = 0, goal = 0, count = 0, first = 0, areas = 0, rows = 1, beyond = 0;
  const isLive = document.body.classList.contains("live");
  let isBusy = false, isLinked = false, isWhole = true, callsMark = "", listed = "";
  /** @type {{op: string}[]} */ const waiting = [];

  /** @param {string} id @returns {any} */
  const element = id => document.getElementById(id);

  /** Sends a request with what is on the screen, one after the other; one look at the end of the queue is enough. @param {any} asked */
  async function ask(asked) {
    if (isBusy) {
      if (asked.op === "go" && waiting.at(-1)?.op === "go") waiting.pop();    // only where one wants to be in the end matters
      if (asked.op !== "look" || waiting.at(-1)?.op !== "look") waiting.push(asked);
      return;
    }
    isBusy = true;
    const shown = Object.fromEntries([...visible].map(kind => [kind, panels.get(kind)?.dataset.mark ?? ""]));
    const process = Number(element("process").value) || 0;
    try {
      const response = await fetch("do", { method: "POST", body: JSON.stringify({ ...asked, shown, process, first, calls: callsMark }) });
      if (!response.ok) throw new Error(`the engine answers ${response.status}`);
      show(await response.json(), asked.op, process);
    } catch (error) {
      element("message").textContent = `${error}`;
    } finally {
      isBusy = false;
    }
    const next = waiting.shift();
    if (next) ask(next);
  }

  /** An answer to a question holds until the next step. @param {Answer} answer @param {string} op @param {number} process the one asked for */
  function show(answer, op, process) {
    const asked = position, chosen = Number(element("process").value) || 0;
    [position, count, isWhole] = [answer.position, answer.count, answer.isWhole];
    if (waiting.length === 0) goal = position;
    if (answer.message || op === "go") element("message").textContent = answer.message;
    if (answer.message || op === "go") showFound(answer.found);
    element("reasons").hidden = answer.why === "";
    element("why").textContent = answer.why;
    element("count").textContent = answer.isWhole ? `After call ${position} of ${count}` : `After call ${position}; the end is not known yet`;
    element("back").disabled = element("start").disabled = position === 0;
    element("next").disabled = element("run").disabled = position === count;
    if (answer.calls) showCalls(answer.calls);
    callsMark = answer.callsMark;
    const lists = JSON.stringify([answer.breakpoints, answer.processes]);
    if (lists !== listed) showLists(answer);
    listed = lists;
    const shown = chosen === process ? answer.process : chosen;    // one that was chosen while the answer was on its way stays
    if (shown) element("process").value = `${shown}`;
    for (const [kind, picture] of Object.entries(answer.figures)) {
      const panel = panels.get(kind);
      if (!panel || picture.svg === undefined) continue;
      element(`${kind}-caption`).textContent = picture.title ?? "";
      element(`${kind}-picture`).innerHTML = picture.svg;
      panel.dataset.mark = picture.mark;
    }
    showScroll(answer);
    element("program").hidden = !answer.program;
    if (answer.program) showProgram(answer.program);
    if (!isLinked) {
      isLinked = true;
      goToHash();
    }
    if (isLive && op === "repl" && answer.position !== asked) element("line").value = "";    // it was executed
    document.body.dataset.position = `${position}`;
    if (op !== "look") history.replaceState(null, "", `#${position}`);    // a link to this call
  }

  /** A way to the call that was found. @param {number | undefined} call */
  function showFound(call) {
    element("found").hidden = call === undefined;
    if (call !== undefined) element("found").replaceChildren(button(`Go to call ${call}`, () => step(call - goal)));
  }

  /** The byte of a page's dump that was clicked becomes the question. */
  function chooseByte() {
    const chosen = document.getSelection(), text = element("message").textContent;
    if (!chosen?.anchorNode || chosen.anchorNode.parentNode !== element("message")) return;
    const start = text.lastIndexOf("\n", chosen.anchorOffset - 1) + 1, byte = Math.floor((chosen.anchorOffset - start - 9) / 3);
    const address = /^([0-9a-f]{8}) [ *][0-9a-f]{2} /.exec(text.slice(start))?.[1];
    if (address && byte >= 0 && byte < 8) element("question").value = `bytes ${(parseInt(address, 16) + byte).toString(16).padStart(8, "0")}`;
  }

  /** @param {{threads: string, output: string}} program */
  function showProgram(program) {
    element("threads").textContent = program.threads;
    if (element("output").textContent === program.output) return;
    element("output").textContent = program.output;
    element("output").scrollTop = element("output").scrollHeight;
  }

  /** @param {Answer} answer */
  function showLists(answer) {
    showList(element("points"), answer.breakpoints, (text, i) =>
      [text, " ", button("remove", () => ask({ op: "unbreak", to: i }), `Remove ${text}`)]);
    const options = answer.processes.map(({ id, number, name }) => new Option(`${number} ${name}`, `${id}`));
    element("process").replaceChildren(...(options.length === 0 ? [new Option("none", "")] : options));
    element("process").disabled = options.length === 0;
  }

  /** Only the areas on the screen are here; the scroll bar is as long as if all were. @param {Answer} answer */
  function showScroll(answer) {
    [areas, rows] = [answer.areas, answer.rows];
    element("look").hidden = areas <= rows;
    const outer = element("space-scroll"), picture = element("space-picture").firstElementChild;
    outer.style.aspectRatio = picture ? `${picture.viewBox.baseVal.width} / ${picture.viewBox.baseVal.height}` : "auto";
    const height = Math.max(0, areas - rows) * areaHeight;
    if (height !== beyond) element("space-height").style.height = height === 0 ? "auto" : `calc(${height}px + ${outer.clientHeight}px)`;
    beyond = height;
  }

  /** @param {Call[]} calls */
  function showCalls(calls) {
    showList(element("calls"), calls, call => [button(`${call.number}  ${call.text}${call.result === undefined ? "" : ` = ${call.result}`}`,
      () => step(call.number - goal))]);
    if (position === 0) element("calls").scrollTop = 0;    // no call is the current one
    [...element("calls").children].forEach((item, i) => {
      if (calls[i].number > position) item.className = "later";
      if (calls[i].number !== position) return;
      item.setAttribute("aria-current", "true");
      element("calls").scrollTop = item.offsetTop - element("calls").offsetTop - 80;
    });
  }

  /** @template T @param {HTMLElement} list @param {T[]} values @param {(value: T, i: number) => (Node | string)[]} of */
  function showList(list, values, of) {
    list.replaceChildren(...values.map((value, i) => {
      const item = document.createElement("li");
      item.append(...of(value, i));
      return item;
    }));
  }

  /** @param {string} text @param {() => void} action @param {string} [label] */
  function button(text, action, label) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    if (label) made.setAttribute("aria-label", label);
    made.addEventListener("click", action);
    return made;
  }

  const columns = [0, 1].map(() => {
    const column = document.createElement("div");
    column.className = "column";
    element("panels").append(column);
    return column;
  });
  const watch = new IntersectionObserver(seen => {
    for (const one of seen) {
      const kind = /** @type {HTMLElement} */ (one.target).dataset.kind ?? "";
      one.isIntersecting ? visible.add(kind) : visible.delete(kind);
    }
    ask({ op: "look" });
  });
  /** A picture that stays where it is while its areas scroll. @param {HTMLElement} picture */
  function scrolled(picture) {
    const outer = document.createElement("div"), inner = document.createElement("div");
    outer.id = "space-scroll";
    outer.tabIndex = 0;
    outer.setAttribute("role", "region");
    outer.setAttribute("aria-label", "Areas, to scroll");
    inner.id = "space-height";
    inner.append(picture);
    outer.append(inner);
    outer.addEventListener("scroll", () => {
      const at = Math.round(outer.scrollTop / areaHeight);
      if (at === first) return;
      first = at;
      ask({ op: "look" });
    }, { passive: true });
    return outer;
  }

  kinds.forEach((kind, i) => {
    const panel = document.createElement("figure");
    panel.className = "panel";
    panel.dataset.kind = kind;
    panel.style.order = `${i}`;
    const caption = document.createElement("figcaption"), picture = document.createElement("div");
    caption.id = `${kind}-caption`;
    picture.id = `${kind}-picture`;
    panel.append(caption, kind === "space" ? scrolled(picture) : picture);
    panels.set(kind, panel);
    columns[i % 2].append(panel);
    watch.observe(panel);
  });

  /** Counts from where the last request leads to, which may not have been answered yet. @param {number} by */
  const step = by => {
    goal = Math.max(0, Math.min(isWhole ? count : Infinity, goal + by));
    ask({ op: "go", to: goal });
  };
  element("start").addEventListener("click", () => step(-goal));
  element("back").addEventListener("click", () => step(-1));
  element("next").addEventListener("click", () => step(1));
  element("run").addEventListener("click", () => ask({ op: "continue" }));
  element("process").addEventListener("change", () => ask({ op: "look" }));
  /** @param {number} by */
  const scrollBy = by => { element("space-scroll").scrollTop += by * rows * areaHeight; };
  element("up").addEventListener("click", () => scrollBy(-1));
  element("down").addEventListener("click", () => scrollBy(1));
  /** @param {string} form @param {() => object} request */
  const onSubmit = (form, request) => element(form).addEventListener("submit", /** @param {Event} event */ event => {
    event.preventDefault();
    ask(request());
  });
  onSubmit("repl", () => ({ op: "repl", text: element("line").value }));
  const askWriter = () => ask({ op: "writer", text: element("question").value });
  element("writer").addEventListener("click", askWriter);
  element("message").addEventListener("click", chooseByte);
  onSubmit("search", () => ({ op: "search", text: element("question").value }));
  onSubmit("break", () => ({ op: "break", kind: element("kind").value, text: element("value").value }));
  /** Goes to the call that the address names: #51 is after call 51. */
  const goToHash = () => {
    const to = Number(location.hash.slice(1));
    if (location.hash.length > 1 && Number.isInteger(to) && to !== goal) step(to - goal);
  };
  window.addEventListener("hashchange", goToHash);
  if (isLive) element("line").focus();
  document.addEventListener("keydown", event => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.altKey || event.ctrlKey || event.metaKey || target.matches?.("input, select")) return;
    if (event.key === "ArrowLeft" && goal > 0) step(-1);
    if (event.key === "ArrowRight" && (goal < count || !isWhole)) step(1);
    const op = { r: "continue", b: "back", f: "fault" }[event.key.toLowerCase()];
    if (op) ask({ op });
    if (event.key.toLowerCase() === "w") askWriter();
  });
})();
