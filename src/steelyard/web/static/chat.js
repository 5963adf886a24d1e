// The chat page: asks POST /chat and shows what comes, always as text and never as markup.
(() => {
  "use strict";
  const at = (id) => document.getElementById(`chat-${id}`);
  const form = document.getElementById("chat");
  if (!form) return;
  const model = at("model"), log = at("log"), text = at("text"), stop = at("stop"), send = at("send");
  const LONGEST = 600; // seconds: whoever waits has a button
  const NEAR = 80; // pixels above the end of the log that still count as being there

  let said = []; // the conversation, as the API takes it
  let asking = null; // what ends the answer on its way
  form.hidden = false;
  at("plain").hidden = true;
  text.focus(); // autofocus does nothing while the form is hidden

  const state = (words) => { at("state").textContent = words; };
  const seconds = (ms) => (ms < 950 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

  const pace = (rate) => rate.toFixed(rate < 100 ? 1 : 0);

  // Whoever has scrolled up reads there, and stays.
  const follow = (change) => {
    const isThere = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;
    change();
    if (isThere) log.scrollTop = log.scrollHeight;
  };

  const show = (role, who, words) => {
    const place = at("said").content.cloneNode(true).firstElementChild;
    place.classList.add(role);
    place.querySelector("h2").textContent = who;
    place.querySelector(".words").textContent = words;
    at("empty").hidden = true;
    log.append(place);
    log.scrollTop = log.scrollHeight;
    return place;
  };

  const note = (place, words) => follow(() => {
    const line = place.querySelector(".fine");
    line.textContent = words;
    line.hidden = !words;
  });

  const complain = (place, { detail, title, hint }) => follow(() => {
    const reason = place.querySelector(".reason"), [what, next] = reason.children;
    what.textContent = detail || title || "Something went wrong.";
    next.textContent = hint || "";
    reason.hidden = false;
    state(""); // the log says it
  });

  const timings = ({ engine, usage, timings: took, notes, done_reason: why }) => {
    const writing = took.answer_ms || took.total_ms - (took.first_token_ms || 0), tokens = usage.completion_tokens;
    return [
      engine,
      `${tokens} token${tokens === 1 ? "" : "s"} in ${seconds(took.total_ms)}`,
      writing > 0 && tokens > 1 && `${pace(tokens / writing * 1000)} tokens a second`,
      took.first_token_ms !== null && `first word after ${seconds(took.first_token_ms)}`,
      took.load_ms > 1 && `loaded in ${seconds(took.load_ms)}`,
      took.queue_ms > 100 && `${seconds(took.queue_ms)} in line`,
      why === "length" && "cut at its longest",
      ...notes,
    ].filter(Boolean).join(" · ");
  };

  const question = () => {
    const system = at("system").value.trim(), temperature = at("temperature").value, most = at("most").value;
    const first = system ? [{ role: "system", content: system }] : [];
    return {
      model: model.value, messages: [...first, ...said], stream: true, timeout: LONGEST,
      ...(temperature && { temperature: Number(temperature) }), ...(most && { max_tokens: Number(most) }),
    };
  };

  // In an open depot people are known by the name that this browser remembers; headers take plain letters only.
  const headers = () => {
    let name = "";
    try { name = localStorage.getItem(form.dataset.name) || ""; } catch { /* a browser that forgets */ }
    const isKnown = form.dataset.name && /^[!-~]+( [!-~]+)*$/.test(name);
    return { "Content-Type": "application/json", ...(isKnown && { "X-Steelyard-User": name }) };
  };

  const problem = async (answer) => {
    try { return await answer.json(); } catch { return { detail: `The depot answered ${answer.status}.`, hint: "Send it again." }; }
  };

  async function* events(body) {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) if (line.startsWith("data: ")) yield JSON.parse(line.slice(6));
    }
  }

  // One node for all of a text: each piece as a node of its own makes long answers slow.
  const add = (element, words) => (element.firstChild ? element.firstChild.appendData(words) : element.append(words));

  const take = (place, { content, reasoning }) => follow(() => {
    if (content) add(place.querySelector(".words"), content);
    if (!reasoning) return;
    const thoughts = place.querySelector(".thoughts");
    thoughts.hidden = false;
    add(thoughts.querySelector("p"), reasoning);
  });

  // Whether the answer came to its end.
  const listen = async (place, signal) => {
    const answer = await fetch(form.action, { method: "POST", headers: headers(), body: JSON.stringify(question()), signal });
    if (!answer.ok) { complain(place, await problem(answer)); return false; }
    for await (const event of events(answer.body)) {
      if (event.error) { complain(place, event.error); return false; }
      if (event.done) { note(place, timings(event)); state("Answered."); return true; }
      take(place, event.delta);
      state("Answering…");
    }
    complain(place, { detail: "The answer broke off.", hint: "Send it again." });
    return false;
  };

  const ask = async (words) => {
    const talk = said; // "New chat" may begin another one before this answer has ended
    talk.push({ role: "user", content: words });
    show("user", "You", words);
    const place = show("model", model.value, ""), { signal } = begin();
    let isWhole = false;
    try {
      isWhole = await listen(place, signal);
    } catch {
      if (signal.aborted) { note(place, "Stopped."); state("Stopped."); }
      else complain(place, { detail: "The depot cannot be reached.", hint: "Look whether it runs, and send it again." });
    }
    keep(talk, words, place.querySelector(".words").textContent, isWhole);
    end();
  };

  const begin = () => {
    asking = new AbortController();
    const isHere = model.selectedOptions[0].parentElement.id === "chat-here";
    state(isHere ? "Waiting for the first word…" : "Waiting for the first word. The model may have to be loaded first…");
    if (document.activeElement === send) text.focus();
    [send.hidden, stop.hidden] = [true, false];
    log.setAttribute("aria-busy", "true");
    return asking;
  };

  // What came is part of the conversation, a question without any answer is not: it goes back to be sent again.
  const keep = (talk, words, answer, isWhole) => {
    if (answer || isWhole) talk.push({ role: "assistant", content: answer });
    else talk.pop();
    if (!answer && !isWhole && talk === said) text.value ||= words;
  };

  const end = () => {
    asking = null;
    if (document.activeElement === stop) text.focus();
    [send.hidden, stop.hidden] = [false, true];
    log.removeAttribute("aria-busy");
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const words = text.value.trim();
    if (asking || !words) return;
    const wrong = form.querySelector("input:invalid");
    if (wrong) { at("settings").open = true; wrong.reportValidity(); return; }
    text.value = "";
    ask(words);
  });

  stop.addEventListener("click", () => asking?.abort());

  // On a touch screen Enter begins a line, as everywhere there; letters that are still being composed are not sent.
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("keydown", (event) => { if (event.key === "Escape") asking?.abort(); });

  at("anew").addEventListener("click", () => {
    asking?.abort();
    said = [];
    for (const place of log.querySelectorAll(".said")) place.remove();
    at("empty").hidden = false;
    state("");
    text.focus();
  });

  model.addEventListener("change", () => {
    history.replaceState(null, "", `?${new URLSearchParams({ model: model.value })}`);
  });
})();
