// Keys and completion; every page works without this file.
"use strict";
(() => {
  const box = document.getElementById("q");
  const hits = [...document.querySelectorAll(".hits .hit a, .outline a")].filter((a) => a.closest("h2, h3, .outline"));
  const typing = (e) => /^(INPUT|TEXTAREA|SELECT)$/.test(e.target.tagName) || e.target.isContentEditable;
  let at = -1;
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (typing(e)) {
      if (e.key === "Escape") e.target.blur();
      return;
    }
    if (e.key === "/" && box) {
      e.preventDefault();
      box.focus();
      box.select();
    } else if ((e.key === "j" || e.key === "k") && hits.length) {
      at = Math.min(Math.max(at + (e.key === "j" ? 1 : -1), 0), hits.length - 1);
      hits[at].focus();
      hits[at].scrollIntoView({ block: "center" });
    }
  });
  const list = document.getElementById("completions");
  if (!box || !list) return;
  let timer, asked = "";
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const typed = box.value.trim();
      if (typed.length < 2 || typed.length > 100 || typed === asked) return;
      asked = typed;
      try {
        const answer = await fetch("/complete?q=" + encodeURIComponent(typed), { headers: { Accept: "application/json" } });
        if (!answer.ok || typed !== box.value.trim()) return;
        list.replaceChildren(...(await answer.json()).map((text) => Object.assign(document.createElement("option"), { value: text })));
      } catch { /* completion is a convenience */ }
    }, 200);
  });
})();
