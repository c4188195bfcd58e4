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

    // A setting is what the inputs take. What the address asks for besides is passed over and
    // told, lest the values of the build be taken for what was asked.
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
    function taken(name) {
      const input = inputs.find((one) => one.name === name);
      if (!input) return "the panel has no such setting";
      if (input.type === "range") return "the panel goes from " + input.min + " to " + input.max + " by " + input.step;
      return "the panel takes " + (ticked(input) ? "true, false" : [...input.options].map((o) => o.value).join(", "));
    }
    const notice = panel.querySelector(".whatif-passed");
    const named = location.hash === "#" + panel.id;
    async function set(given) {
      // Another name in an address that does not name this panel is somebody else's.
      const passed = [...given.keys()].filter((name) => named && !first.has(name));
      for (const input of inputs) {
        // A box is ticked where its slider was given a value, unless that was passed over.
        const slider = input.name.replace(/_by_hand$/, "");
        const text = given.get(input.name) ?? (slider !== input.name && given.has(slider) ? "true" : null);
        const asked = text !== null && !passed.includes(slider);
        if (!asked || !write(input, text)) {
          if (asked) passed.push(input.name);
          write(input, first.get(input.name));
        }
        for (const type of ["input", "change"]) input.dispatchEvent(new Event(type));
        await view.runAsync();
      }
      const told = passed.map((name) => name + "=" + given.get(name) + " (" + taken(name) + ")").join(", ");
      notice.textContent = told && "Not taken from the address, so the value of this build stands: " + told + ".";
    }
    const given = new URLSearchParams(location.search);
    if (named || inputs.some((input) => given.has(input.name))) await set(given);
    if (named) panel.scrollIntoView();
    panel.querySelector("button").addEventListener("click", () => set(new Map()));
    panel.dataset.ready = "yes";
  }
  document.querySelectorAll(".whatif").forEach(start);
})();
