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

  const fillNames = (place) => {
    for (const field of place.querySelectorAll("[data-remember]")) {
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
    fillNames(document);
    for (const copier of document.querySelectorAll("[data-copy]")) copier.hidden = false;
    if (document.querySelector("[data-forget-query]")) history.replaceState(null, "", location.pathname);
    const zone = document.querySelector("[data-timezone]");
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const asked = new URLSearchParams(location.search);
    if (zone && here && here !== zone.value && !asked.has("tz")) {
      asked.set("tz", here); // days begin where the reader is, unless they said where
      location.replace(`?${asked}`);
    }
    const button = document.getElementById("theme");
    button.hidden = false;
    wear(theme());
    button.addEventListener("click", () => {
      const next = THEMES[(THEMES.indexOf(button.textContent.slice(7)) + 1) % THEMES.length];
      remember("steelyard-theme", next);
      wear(next);
    });
  });

  // Outside of https browsers hide the clipboard; the line is then selected, and one key copies it.
  const copy = async (code) => {
    getSelection().selectAllChildren(code);
    try { await navigator.clipboard.writeText(code.textContent); return "Copied."; } catch { return "Selected: copy it now."; }
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (!button) return;
    const said = await copy(document.getElementById(button.dataset.copy));
    document.getElementById("copied").textContent = said;
    button.textContent = said;
    setTimeout(() => { button.textContent = "Copy"; }, 2000);
  });

  // The menu beside the name goes away as menus do.
  const shut = (keep) => {
    const menu = document.querySelector(".who[open]");
    if (!menu || menu.contains(keep)) return;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  };
  document.addEventListener("click", (event) => shut(event.target));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") shut(null); });

  // Hidden fields only pass on who somebody is; they come and go with the live parts, so they are filled at the end.
  document.addEventListener("submit", (event) => {
    for (const field of event.target.querySelectorAll("[data-remember]:not([type=hidden])")) {
      remember(field.dataset.remember, field.value.trim());
    }
    fillNames(event.target);
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
    const wanted = [...new URL(request.action, location.href).searchParams].filter(([, value]) => value.trim());
    const query = new URLSearchParams(wanted).toString();
    const address = new URL(sourceElement.form.action);
    history.replaceState(null, "", address.pathname + (query && `?${query}`));
  });

  document.addEventListener("htmx:sse:after:connection", () => say("Live", "yes"));
  document.addEventListener("htmx:sse:before:connection", (event) => {
    if (event.detail.connection.attempt > 0) say("Reconnecting…", "no");
  });
})();
