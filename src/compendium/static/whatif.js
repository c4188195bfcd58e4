/* Panels: starts Vega, which computes and draws, and carries texts and settings between it and
   the page. No arithmetic of a model and no name of a parameter is here. */
(function () {
  "use strict";
  async function start(panel) {
    const spec = JSON.parse(panel.querySelector("script").textContent);
    const figure = panel.querySelector(".whatif-figure");
    panel.querySelector(".whatif-work").hidden = false;
    const { view } = await vegaEmbed(figure, spec, {
      mode: "vega", renderer: "svg", actions: false, hover: false, tooltip: false, defaultStyle: false,
    });
    // Not Vega's own measure at the start: the page may still be on the move then.
    new ResizeObserver(() => view.signal("width", figure.clientWidth).runAsync()).observe(figure);
    function show(name, put) {
      put(view.signal(name));
      view.addSignalListener(name, (_, text) => put(text));
    }
    for (const place of panel.querySelectorAll("[data-signal]")) {
      show(place.dataset.signal, (text) => { place.textContent = text; });
    }
    const link = panel.querySelector("[data-link]");
    show(link.dataset.link, (text) => link.setAttribute("href", text));

    // A setting is what the inputs take: a value that one of them does not know is passed over.
    const ticked = (input) => input.type === "checkbox";
    const read = (input) => (ticked(input) ? String(input.checked) : input.value);
    function write(input, text) {
      if (ticked(input)) input.checked = text === "true";
      else input.value = text;
      return read(input) === text;
    }
    const all = [...panel.querySelectorAll(".whatif-controls input, .whatif-controls select")];
    // Boxes last: to move a slider ticks its box.
    const inputs = all.sort((one, other) => ticked(one) - ticked(other));
    const first = new Map(inputs.map((input) => [input.name, read(input)]));
    async function set(given) {
      for (const input of inputs) {
        if (!given.has(input.name) || !write(input, given.get(input.name))) write(input, first.get(input.name));
        for (const type of ["input", "change"]) input.dispatchEvent(new Event(type));
        await view.runAsync();
      }
    }
    const given = new URLSearchParams(location.search);
    if (inputs.some((input) => given.has(input.name))) await set(given);
    if (location.hash === "#" + panel.id) panel.scrollIntoView();
    panel.querySelector("button").addEventListener("click", () => set(new Map()));
    panel.dataset.ready = "yes";
  }
  document.querySelectorAll(".whatif").forEach(start);
})();
