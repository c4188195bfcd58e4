/* Cards behind values, and tables that sort and filter. Without this script a value is a link
   to the catalogue and a table is a table. */
(function () {
  "use strict";
  const open = 150, close = 300; // ms to wait, so that a passing pointer opens nothing
  let shown = null, timer = 0, returning = false;

  function place(link, card) {
    const box = link.getClientRects()[0], gap = 6;
    const width = Math.min(card.offsetWidth, innerWidth - 2 * gap);
    const below = box.bottom + gap + card.offsetHeight <= innerHeight;
    const fits = below || box.top < card.offsetHeight + gap;
    card.style.left = Math.max(gap, Math.min(box.left, innerWidth - width - gap)) + "px";
    card.style.top = Math.max(gap, Math.min(
      fits ? box.bottom + gap : box.top - gap - card.offsetHeight,
      innerHeight - card.offsetHeight - gap)) + "px";
  }
  function hide(back) {
    clearTimeout(timer);
    if (!shown) return;
    const { link, card } = shown;
    shown = null;
    card.hidePopover();
    link.setAttribute("aria-expanded", "false");
    if (!back) return;
    returning = true; // the card must not open again
    link.focus({ preventScroll: true });
    returning = false;
  }
  function show(link, card, enter) {
    clearTimeout(timer);
    if (!shown || shown.card !== card) {
      hide(false);
      shown = { link, card };
      card.showPopover();
      place(link, card);
      link.setAttribute("aria-expanded", "true");
    }
    if (enter) card.focus({ preventScroll: true });
  }
  function later(action, wait) {
    clearTimeout(timer);
    timer = setTimeout(action, wait);
  }

  for (const link of document.querySelectorAll("a[data-card]")) {
    const card = document.getElementById(link.dataset.card);
    if (!card || !card.showPopover) continue;
    link.setAttribute("aria-haspopup", "dialog");
    link.setAttribute("aria-expanded", "false");
    link.setAttribute("aria-controls", card.id);
    link.addEventListener("mouseenter", () => later(() => show(link, card, false), open));
    link.addEventListener("mouseleave", () => later(() => hide(false), close));
    link.addEventListener("focus", () => {
      if (!returning && link.matches(":focus-visible")) show(link, card, false);
    });
    link.addEventListener("blur", (event) => {
      if (!card.contains(event.relatedTarget)) later(() => hide(false), 0);
    });
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a new tab, as asked
      event.preventDefault();
      show(link, card, true);
    });
  }
  for (const card of document.querySelectorAll(".value-card")) {
    card.addEventListener("mouseenter", () => clearTimeout(timer));
    card.addEventListener("mouseleave", () => {
      if (!card.contains(document.activeElement)) later(() => hide(false), close);
    });
    card.querySelector(".value-card-close").addEventListener("click", () => hide(true));
    card.addEventListener("keydown", (event) => {
      if (event.key !== "Tab") return;
      const stops = [...card.querySelectorAll("a[href], button")];
      const edge = event.shiftKey ? [card, stops[0]] : [stops[stops.length - 1]];
      if (edge.includes(document.activeElement)) { event.preventDefault(); hide(true); }
    });
  }
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && shown) {
      hide(shown.card.contains(document.activeElement) || document.activeElement === shown.link);
    }
  });
  document.addEventListener("pointerdown", (event) => {
    if (shown && !shown.card.contains(event.target) && event.target.closest("a[data-card]") !== shown.link) hide(false);
  });
  addEventListener("resize", () => shown && place(shown.link, shown.card));
  addEventListener("scroll", () => {
    if (shown && !shown.card.contains(document.activeElement)) hide(false);
  }, { passive: true });

  if (window.compendiumTables) {
    for (const table of document.querySelectorAll("table.catalogue")) {
      new window.compendiumTables.ITable(table, {
        paging: false, order: [], autoWidth: false,
        layout: { topStart: "info", topEnd: "search", bottomStart: null, bottomEnd: null },
        language: { search: "Filter:", info: "_TOTAL_ rows", infoFiltered: "of _MAX_", infoEmpty: "no rows" },
      });
    }
    // The table has moved since the page was opened at a row.
    document.querySelector(":target")?.scrollIntoView();
  }

  // A table that scrolls inside its frame is a stop of the keyboard with a name; others are not.
  function nameFrames() {
    document.querySelectorAll(".pst-scrollable-table-container, .dt-container").forEach((frame, number) => {
      const scrolls = frame.scrollWidth > frame.clientWidth || frame.scrollHeight > frame.clientHeight;
      if (scrolls) {
        const caption = frame.querySelector(".caption-number, caption");
        frame.setAttribute("role", "region");
        frame.setAttribute("aria-label", (caption?.textContent.trim() || "Table " + (number + 1)) + ", scrolls");
        frame.tabIndex = 0;
      } else {
        for (const attribute of ["role", "aria-label", "tabindex"]) frame.removeAttribute(attribute);
      }
    });
  }
  addEventListener("load", nameFrames);
  addEventListener("resize", nameFrames);
  document.addEventListener("toggle", nameFrames, true); // what was folded has no size before
})();
