// @ts-check
"use strict";
// Steps through stories: puts the text and the pictures of a step into the page. Everything is in the page already.

/** @typedef {{key: string, title: string, figure: number, open: boolean}} Shown */
/** @typedef {{title: string, call: string, text: string, figures: Shown[]}} Step */
/** @typedef {{name: string, title: string, chapter: string, claim: string, steps: Step[]}} Story */

(() => {
  /** @type {{stories: Story[], figures: string[]}} */
  const data = JSON.parse(element("data").textContent ?? "");
  /** @type {HTMLButtonElement} */ const back = /** @type {HTMLButtonElement} */ (element("back"));
  /** @type {HTMLButtonElement} */ const next = /** @type {HTMLButtonElement} */ (element("next"));
  const columns = [0, 1].map(() => {
    const column = document.createElement("div");
    column.className = "column";
    element("panels").append(column);
    return column;
  });
  let story = data.stories[0], step = 0;
  /** @type {Set<string>} */ const opened = new Set();    // the folded pictures that the reader has opened, in this story

  /** @param {string} id @returns {HTMLElement} */
  function element(id) {
    const found = document.getElementById(id);
    if (!found) throw new Error(`no element '${id}'`);
    return found;
  }

  /** Shows a step; the pictures that stay the same are left alone. @param {Story} of @param {number} at */
  function show(of, at) {
    const isNew = of !== story || element("dots").childElementCount === 0;
    [story, step] = [of, Math.max(0, Math.min(at, of.steps.length - 1))];
    if (isNew) showStory();
    const now = story.steps[step];
    element("count").textContent = `Step ${step + 1} of ${story.steps.length}`;
    element("step").textContent = now.title;
    element("call").textContent = now.call;
    element("text").innerHTML = now.text;
    const place = data.stories.indexOf(story);
    back.disabled = step === 0 && place === 0;
    next.disabled = step === story.steps.length - 1 && place === data.stories.length - 1;
    next.textContent = step < story.steps.length - 1 || next.disabled ? "Next →" : "Next story →";
    [...element("dots").children].forEach((dot, i) => i === step ? dot.setAttribute("aria-current", "step") : dot.removeAttribute("aria-current"));
    showFigures(now.figures);
    history.replaceState(null, "", `#${story.name}/${step + 1}`);
    document.body.dataset.step = `${story.name}/${step + 1}`;
  }

  function showStory() {
    opened.clear();
    element("where").textContent = story.chapter;
    element("title").textContent = story.title;
    element("claim").innerHTML = story.claim;
    document.title = `${story.title} · memory on a running engine`;
    for (const link of document.querySelectorAll("nav a"))
      link.getAttribute("href") === `#${story.name}` ? link.setAttribute("aria-current", "page") : link.removeAttribute("aria-current");
    element("dots").replaceChildren(...story.steps.map((of, i) => {
      const dot = document.createElement("button");
      dot.type = "button";
      dot.textContent = `${i + 1}`;
      dot.setAttribute("aria-label", `Step ${i + 1}: ${of.title}`);
      dot.addEventListener("click", () => show(story, i));
      return dot;
    }));
  }

  /** Puts two pictures side by side, and the others below them, folded. @param {Shown[]} figures */
  function showFigures(figures) {
    const old = new Map([...document.querySelectorAll(".panel")].map(panel => [/** @type {HTMLElement} */ (panel).dataset.key, panel]));
    const panels = figures.map((shown, i) => {
      const tag = shown.open ? "FIGURE" : "DETAILS", known = /** @type {HTMLElement | undefined} */ (old.get(shown.key));
      const panel = known?.tagName === tag ? known : document.createElement(tag);
      panel.className = "panel";
      panel.dataset.key = shown.key;
      panel.dataset.index = `${i}`;
      if (panel instanceof HTMLDetailsElement) panel.open = opened.has(shown.key);
      if (panel.dataset.figure !== `${shown.figure}`) {
        const caption = document.createElement(shown.open ? "figcaption" : "summary");
        caption.textContent = shown.title;
        panel.innerHTML = data.figures[shown.figure];
        panel.prepend(caption);
        panel.dataset.figure = `${shown.figure}`;
        caption.addEventListener("click", () => {    // before the panel opens or folds
          if (panel instanceof HTMLDetailsElement) panel.open ? opened.delete(shown.key) : opened.add(shown.key);
        });
      }
      return panel;
    });
    const ordered = [...panels.filter((_, i) => figures[i].open), ...panels.filter((_, i) => !figures[i].open)];
    ordered.forEach((panel, i) => { panel.style.order = `${i}`; });
    columns.forEach((column, i) => column.replaceChildren(...ordered.filter((_, at) => at % columns.length === i)));
  }

  /** Goes so many steps on, over the end of a story into the next one. @param {number} by */
  function move(by) {
    const to = step + by, place = data.stories.indexOf(story);
    if (to >= 0 && to < story.steps.length) show(story, to);
    else if (data.stories[place + by]) show(data.stories[place + by], by > 0 ? 0 : Infinity);
    if (matchMedia("(max-width: 719px)").matches) element("now").scrollIntoView();
  }

  /** The whole story, step by step, for paper. */
  function storyForPrint() {
    const list = document.createElement("ol");
    for (const of of story.steps) {
      const item = document.createElement("li");
      const title = document.createElement("h2"), call = document.createElement("pre"), text = document.createElement("div");
      title.textContent = of.title;
      [call.className, call.textContent, text.className, text.innerHTML] = ["call", of.call, "text", of.text];
      const pictures = document.createElement("div");
      pictures.className = "parts";
      for (const shown of of.figures.filter(figure => figure.open)) {
        const picture = document.createElement("figure"), caption = document.createElement("figcaption");
        caption.textContent = shown.title;
        picture.innerHTML = data.figures[shown.figure];
        picture.prepend(caption);
        pictures.append(picture);
      }
      item.append(title, call, text, pictures);
      list.append(item);
    }
    return list.outerHTML;
  }

  function showHash() {
    const [name, at] = location.hash.slice(1).split("/");
    const found = data.stories.find(of => of.name === name);
    show(found ?? data.stories[0], found && at ? Number(at) - 1 || 0 : 0);
  }

  back.addEventListener("click", () => move(-1));
  next.addEventListener("click", () => move(1));
  window.addEventListener("hashchange", showHash);
  document.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const act = { ArrowLeft: () => move(-1), ArrowRight: () => move(1), Home: () => show(story, 0), End: () => show(story, Infinity) }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  const menu = /** @type {HTMLDetailsElement} */ (document.querySelector(".menu"));
  const wide = matchMedia("(min-width: 1480px)");
  window.addEventListener("beforeprint", () => { element("print").innerHTML = storyForPrint(); });
  const fold = () => { menu.open = wide.matches; };
  wide.addEventListener("change", fold);
  menu.addEventListener("click", event => { if (event.target instanceof HTMLAnchorElement) fold(); });
  fold();
  showHash();
})();
