"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const steps = all(".step");
  const stages = all(".stage");
  const links = all(".stages a");
  const parts = all("svg [data-name]");
  let now = 0;
  root.classList.add("js");

  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* no storage here */ } };
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };

  const theme = one(".theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const sayTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; theme.setAttribute("aria-label", isDark() ? "Light colours" : "Dark colours"); };
  if (["light", "dark"].includes(recall("theme"))) root.dataset.theme = recall("theme");
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; remember("theme", root.dataset.theme); sayTheme(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", sayTheme);
  sayTheme();

  const light = (names) => {
    for (const part of parts) {
      part.classList.toggle("lit", part.dataset.name.split(" ").some((name) => names.includes(name)));
    }
  };

  const show = (place, options = {}) => {
    if (!steps.length) return;
    now = Math.max(0, Math.min(steps.length - 1, place));
    const current = steps[now];
    steps.forEach((step, n) => {
      step.classList.toggle("later", n > now);
      step.classList.toggle("before", n === now - 1);
      if (n === now) step.setAttribute("aria-current", "step"); else step.removeAttribute("aria-current");
    });
    const stage = current.closest(".stage");
    stages.forEach((each, n) => {
      each.classList.toggle("later", n > stages.indexOf(stage));
      const result = each.querySelector(".result");
      const last = all(".step", each).at(-1);
      if (result) result.classList.toggle("later", steps.indexOf(last) > now);
    });
    links.forEach((link) => {
      if (link.hash === "#" + stage.id) link.setAttribute("aria-current", "true"); else link.removeAttribute("aria-current");
    });
    light((current.dataset.names || "").split(" "));
    one(".back").disabled = now === 0;
    one(".next").disabled = now === steps.length - 1;
    const rule = current.querySelector(".rule").textContent;
    const bit = (kind, text) => { const made = document.createElement("span"); made.className = kind; made.textContent = text; return made; };
    one(".where").replaceChildren(bit("word", "Step "), `${now + 1} of ${steps.length}`, bit("rule", ` \u00b7 ${rule}`));
    if (options.quiet) return;
    const said = all("math", current).map((formula) => formula.getAttribute("alttext"));
    const why = current.querySelector(".why");
    const words = why ? [...why.childNodes].map((part) => part.getAttribute ? part.getAttribute("alttext") || part.textContent : part.textContent).join("") : "";
    one(".live").textContent = `Step ${now + 1} of ${steps.length}: ${rule}. ${said.slice(0, current.querySelector(".left") ? 2 : 1).join(" ")}. ${words}`;
    history.replaceState(null, "", "#" + current.id);
    const place2 = current.getBoundingClientRect();
    const room = innerHeight - one(".bar").offsetHeight;
    if (place2.top < 40 || place2.bottom > room - 24) {
      scrollBy({ top: place2.top - room * 0.4, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "instant" : "auto" });
    }
  };

  const follow = () => {
    const target = location.hash.length > 1 ? document.getElementById(decodeURIComponent(location.hash.slice(1))) : null;
    if (!target) return false;
    const step = target.closest(".step") || target.querySelector(".step");
    if (step) show(steps.indexOf(step));
    return Boolean(step);
  };

  const setAll = (on) => {
    root.classList.toggle("all", on);
    one(".everything").setAttribute("aria-pressed", String(on));
    one(".everything").textContent = on ? "Step by step" : "Show all";
  };

  if (steps.length) {
    one(".back").addEventListener("click", () => show(now - 1));
    one(".next").addEventListener("click", () => show(now + 1));
    one(".everything").addEventListener("click", () => setAll(!root.classList.contains("all")));
    steps.forEach((step, n) => step.addEventListener("click", () => { if (String(getSelection()) === "") show(n); }));
    links.forEach((link) => link.addEventListener("click", (event) => {
      event.preventDefault();
      const stage = document.getElementById(link.hash.slice(1));
      show(steps.indexOf(stage.querySelector(".step")));
    }));
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const inside = event.target.closest && event.target.closest("input, select, textarea, summary, [contenteditable]");
      const sideways = event.target.classList && event.target.classList.contains("scroll");
      const moves = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -steps.length, End: steps.length };
      if (inside || !(event.key in moves) || (sideways && event.key.length > 9)) return;
      event.preventDefault();
      show(now + moves[event.key]);
    });
    addEventListener("hashchange", follow);
    show(0, { quiet: true });
    follow();
  }

  const wide = () => all(".scroll").forEach((box) => {
    if (box.scrollWidth > box.clientWidth + 1) { box.tabIndex = 0; box.setAttribute("role", "group"); box.setAttribute("aria-label", "a long equation, to scroll"); }
    else { box.removeAttribute("tabindex"); box.removeAttribute("role"); box.removeAttribute("aria-label"); }
  });
  wide();
  addEventListener("resize", wide);
  let opened = [];
  addEventListener("beforeprint", () => { opened = all("details:not([open])"); opened.forEach((part) => { part.open = true; }); });
  addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));
})();
