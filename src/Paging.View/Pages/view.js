// @ts-check
"use strict";
// Asks the engine for what is on the screen, and puts it there.

/** @typedef {{mark: string, title?: string, svg?: string}} Picture */
/** @typedef {{number: number, text: string, result?: string}} Call */
/** @typedef {{message: string, position: number, count: number, isWhole: boolean, calls: Call[], breakpoints: string[], processes: number[],
 *   figures: Object<string, Picture>}} Answer */

(() => {
  const kinds = ["space", "tables", "frames", "cache", "counters", "tree"];
  /** @type {Map<string, HTMLElement>} */ const panels = new Map();
  /** @type {Set<string>} */ const visible = new Set();
  let position = 0, count = 0, first = 0, isBusy = false;
  /** @type {{op: string}[]} */ const waiting = [];

  /** @param {string} id @returns {any} */
  const element = id => document.getElementById(id);

  /** Sends a request with what is on the screen, one after the other; one look at the end of the queue is enough. @param {any} asked */
  async function ask(asked) {
    if (isBusy) {
      if (asked.op !== "look" || waiting.at(-1)?.op !== "look") waiting.push(asked);
      return;
    }
    isBusy = true;
    const shown = Object.fromEntries([...visible].map(kind => [kind, panels.get(kind)?.dataset.mark ?? ""]));
    const process = Number(element("process").value) || 0;
    try {
      const response = await fetch("do", { method: "POST", body: JSON.stringify({ ...asked, shown, process, first }) });
      if (!response.ok) throw new Error(`the engine answers ${response.status}`);
      show(await response.json());
    } catch (error) {
      element("message").textContent = `${error}`;
    } finally {
      isBusy = false;
    }
    const next = waiting.shift();
    if (next) ask(next);
  }

  /** @param {Answer} answer */
  function show(answer) {
    [position, count] = [answer.position, answer.count];
    if (answer.message) element("message").textContent = answer.message;
    element("count").textContent = answer.isWhole ? `After call ${position} of ${count}` : `After call ${position}; the end is not known yet`;
    element("back").disabled = element("start").disabled = position === 0;
    element("next").disabled = element("run").disabled = position === count;
    showCalls(answer.calls);
    showList(element("points"), answer.breakpoints, (text, i) => [text, " ", button("remove", () => ask({ op: "unbreak", to: i }), `Remove ${text}`)]);
    const chosen = element("process").value;
    element("process").replaceChildren(...answer.processes.map(id => new Option(`${id}`, `${id}`, false, `${id}` === chosen)));
    for (const [kind, picture] of Object.entries(answer.figures)) {
      const panel = panels.get(kind);
      if (!panel || picture.svg === undefined) continue;
      panel.innerHTML = picture.svg;
      const caption = document.createElement("figcaption");
      caption.textContent = picture.title ?? "";
      panel.prepend(caption);
      panel.dataset.mark = picture.mark;
    }
    document.body.dataset.position = `${position}`;
  }

  /** @param {Call[]} calls */
  function showCalls(calls) {
    showList(element("calls"), calls, call => [button(`${call.number}  ${call.text}${call.result === undefined ? "" : ` = ${call.result}`}`,
      () => ask({ op: "go", to: call.number }))]);
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
  kinds.forEach((kind, i) => {
    const panel = document.createElement("figure");
    panel.className = "panel";
    panel.dataset.kind = kind;
    panel.style.order = `${i}`;
    panels.set(kind, panel);
    columns[i % 2].append(panel);
    watch.observe(panel);
  });

  element("start").addEventListener("click", () => ask({ op: "go", to: 0 }));
  element("back").addEventListener("click", () => ask({ op: "go", to: position - 1 }));
  element("next").addEventListener("click", () => ask({ op: "go", to: position + 1 }));
  element("run").addEventListener("click", () => ask({ op: "continue" }));
  element("process").addEventListener("change", () => ask({ op: "look" }));
  element("up").addEventListener("click", () => { first = Math.max(0, first - 12); ask({ op: "look" }); });
  element("down").addEventListener("click", () => { first += 12; ask({ op: "look" }); });
  /** @param {string} form @param {() => object} request */
  const onSubmit = (form, request) => element(form).addEventListener("submit", /** @param {Event} event */ event => {
    event.preventDefault();
    ask(request());
  });
  onSubmit("repl", () => ({ op: "repl", text: element("line").value }));
  onSubmit("search", () => ({ op: "search", text: element("question").value }));
  onSubmit("break", () => ({ op: "break", kind: element("kind").value, text: element("value").value }));
  document.addEventListener("keydown", event => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.altKey || event.ctrlKey || event.metaKey || target.matches("input, select")) return;
    if (event.key === "ArrowLeft" && position > 0) ask({ op: "go", to: position - 1 });
    if (event.key === "ArrowRight" && position < count) ask({ op: "go", to: position + 1 });
  });
})();
