// @ts-check
"use strict";
// Steps through stories: puts the text and the pictures of a step into the page. Everything is in the page already.

/** @typedef {{key: string, title: string, figure: number}} Shown */
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
    back.disabled = step === 0;
    next.disabled = step === story.steps.length - 1;
    [...element("dots").children].forEach((dot, i) => i === step ? dot.setAttribute("aria-current", "step") : dot.removeAttribute("aria-current"));
    showFigures(now.figures);
    history.replaceState(null, "", `#${story.name}/${step + 1}`);
    document.body.dataset.step = `${story.name}/${step + 1}`;
  }

  function showStory() {
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

  /** @param {Shown[]} figures */
  function showFigures(figures) {
    const old = new Map([...document.querySelectorAll(".panel")].map(panel => [/** @type {HTMLElement} */ (panel).dataset.key, panel]));
    const panels = figures.map((shown, i) => {
      const panel = /** @type {HTMLElement} */ (old.get(shown.key) ?? document.createElement("figure"));
      panel.className = "panel";
      panel.dataset.key = shown.key;
      panel.style.order = `${i}`;
      if (panel.dataset.figure !== `${shown.figure}`) {
        const caption = document.createElement("figcaption");
        caption.textContent = shown.title;
        panel.innerHTML = data.figures[shown.figure];
        panel.prepend(caption);
        panel.dataset.figure = `${shown.figure}`;
      }
      return panel;
    });
    columns.forEach((column, i) => column.replaceChildren(...panels.filter((_, at) => at % columns.length === i)));
  }

  function showHash() {
    const [name, at] = location.hash.slice(1).split("/");
    const found = data.stories.find(of => of.name === name);
    show(found ?? data.stories[0], found && at ? Number(at) - 1 || 0 : 0);
  }

  back.addEventListener("click", () => show(story, step - 1));
  next.addEventListener("click", () => show(story, step + 1));
  window.addEventListener("hashchange", showHash);
  document.addEventListener("keydown", event => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const to = { ArrowLeft: step - 1, ArrowRight: step + 1, Home: 0, End: story.steps.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(story, to);
  });
  const menu = /** @type {HTMLDetailsElement} */ (document.querySelector(".menu"));
  const wide = matchMedia("(min-width: 1480px)");
  const fold = () => { menu.open = wide.matches; };
  wide.addEventListener("change", fold);
  menu.addEventListener("click", event => { if (event.target instanceof HTMLAnchorElement) fold(); });
  fold();
  showHash();
})();
