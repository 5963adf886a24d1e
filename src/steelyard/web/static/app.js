// The little that HTML cannot do by itself. Everything on the page works without it.
(() => {
  "use strict";
  const THEMES = ["system", "light", "dark"];
  const root = document.documentElement;

  // A browser may forbid storage; the page then simply forgets.
  const recall = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch { /* forgotten */ } };

  const theme = () => (THEMES.includes(recall("steelyard-theme")) ? recall("steelyard-theme") : "system");
  const wear = (name) => {
    if (name === "system") delete root.dataset.theme;
    else root.dataset.theme = name;
    const button = document.getElementById("theme");
    if (button) button.textContent = `Theme: ${name}`;
  };

  const fillNames = () => {
    for (const field of document.querySelectorAll("[data-remember]")) {
      field.value ||= recall(field.dataset.remember) ?? "";
    }
  };

  const say = (text, live) => {
    const state = document.getElementById("live");
    if (!state) return;
    state.hidden = false;
    state.textContent = text;
    state.dataset.live = live;
  };

  wear(theme()); // before the first paint: this script is not deferred

  document.addEventListener("DOMContentLoaded", () => {
    fillNames();
    const button = document.getElementById("theme");
    button.hidden = false;
    wear(theme());
    button.addEventListener("click", () => {
      const next = THEMES[(THEMES.indexOf(button.textContent.slice(7)) + 1) % THEMES.length];
      remember("steelyard-theme", next);
      wear(next);
    });
  });

  document.addEventListener("submit", (event) => {
    for (const field of event.target.querySelectorAll("[data-remember]")) {
      remember(field.dataset.remember, field.value.trim());
    }
  }, true);

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.getElementById("search");
    if (!search) return;
    event.preventDefault();
    search.focus();
    search.select();
  });

  // The address follows what was found while typing, so that loading again shows the same.
  document.addEventListener("htmx:after:request", (event) => {
    const { sourceElement, request, response } = event.detail.ctx;
    if (sourceElement?.id !== "search" || !response?.raw.ok) return;
    const q = new URL(request.action, location.href).searchParams.get("q").trim();
    const address = new URL(sourceElement.form.action);
    history.replaceState(null, "", address.pathname + (q && `?${new URLSearchParams({ q })}`));
  });

  document.addEventListener("htmx:sse:after:connection", () => say("Live", "yes"));
  document.addEventListener("htmx:sse:before:connection", (event) => {
    if (event.detail.connection.attempt > 0) say("Reconnecting…", "no");
  });
})();
