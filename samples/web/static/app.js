"use strict";

const at = (id) => document.getElementById(id);
const [provider, model, agent, log, message, send, stop] =
  ["provider", "model", "agent", "log", "message", "send", "stop"].map(at);

let listing = { providers: [], models: [] };
let conversation = []; // what goes back with the next question: texts only
let running = null; // the AbortController of the answer that is arriving

/** An element with a class and text; text is never read as HTML. */
function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

function option(value, text, disabled = false) {
  const made = new Option(text, value);
  made.disabled = disabled;
  return made;
}

function notify(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
}

async function load() {
  const [models, agents] = await Promise.all(["/models", "/agents"].map(async (path) => (await fetch(path)).json()));
  listing = models;
  agent.replaceChildren(...agents.map((one) => {
    const made = option(one.id, one.name);
    made.dataset.hint = one.hint;
    return made;
  }));
  provider.replaceChildren(...listing.providers.map((one) =>
    option(one.id, one.available ? one.name : `${one.name} (${one.reason})`, !one.available)));
  if (listing.default_provider) provider.value = listing.default_provider;
  showModels(listing.default_model);
  showHint();
  const none = listing.providers.every((one) => !one.available);
  send.disabled = none;
  if (none) notify(`No provider is available. ${listing.providers[0].name}: ${listing.providers[0].reason}`);
}

function showModels(wanted) {
  const own = listing.models.filter((one) => one.provider === provider.value);
  model.replaceChildren(...own.map((one) =>
    option(one.id, one.size ? `${one.name} (${one.size})` : one.name, !one.available)));
  if (wanted) model.value = wanted;
  const chosen = listing.providers.find((one) => one.id === provider.value);
  notify(chosen ? chosen.note : "");
}

function showHint() {
  message.placeholder = `Message, such as: ${agent.selectedOptions[0]?.dataset.hint ?? ""}`;
}

/** Shows text with its ``` blocks, as nodes. */
function render(target, text) {
  target.replaceChildren(...text.split(/^```\w*\n?/m).map((part, index) =>
    index % 2 ? element("pre", "", part.trimEnd()) : document.createTextNode(part)));
}

/** The events of a stream: pairs of a name and its data. */
async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    const blocks = buffer.split("\n\n");
    buffer = blocks.pop();
    for (const block of blocks) {
      const [, name, data] = block.match(/^event: (.*)\ndata: (.*)$/s) ?? [];
      if (name) yield [name, JSON.parse(data)];
    }
  }
}

/** One answer on the page while it arrives. */
class Answer {
  constructor() {
    this.card = element("article", "message assistant busy");
    this.said = "";
    this.routes = [];
    this.open = null;
    this.started = performance.now();
    log.append(this.card);
  }

  block(className) {
    if (this.open?.className !== className) {
      this.open = element("div", className);
      this.open.raw = "";
      this.card.append(this.open);
    }
    return this.open;
  }

  append(className, text) {
    const target = this.block(className);
    target.raw += text;
    render(target, target.raw);
  }

  take(name, data) {
    const bottom = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    if (name === "text") {
      this.said += data.text;
      this.append("text", data.text);
    } else if (name === "reasoning") this.append("reasoning text", data.text);
    else if (name === "tool_call") {
      const tool = element("div", "tool", `${data.name}(${data.arguments})`);
      this.card.append(tool);
      this.open = tool;
    } else if (name === "tool_result") {
      this.open.append(element("div", "result", `→ ${data.result}`));
      this.open = null;
    } else if (name === "route") this.routes.push(data);
    else if (name === "done") this.facts(data);
    else if (name === "error") this.fail(data);
    if (bottom) log.scrollTop = log.scrollHeight;
  }

  facts({ tokens, finish_reason: finish }) {
    const last = this.routes.at(-1);
    const failovers = this.routes.reduce((sum, one) => sum + one.attempts.length - 1, 0);
    const parts = [
      last && `${last.deployment}@${last.resource}`,
      last?.served_model,
      last?.region,
      `${tokens.input} + ${tokens.output} tokens`,
      `${((performance.now() - this.started) / 1000).toFixed(1)} s`,
      failovers && `${failovers} failed over`,
      finish === "length" && "cut off: too long",
      (finish === "content_filter" || last?.filtered) && "cut off by the content filter",
    ];
    const details = element("details", "facts");
    details.append(element("summary", "", parts.filter(Boolean).join(" · ")));
    const lines = this.routes.flatMap((one) => [...one.attempts, ...one.changes]);
    if (last?.request_id) lines.push(`request id ${last.request_id}`);
    const list = element("ul");
    list.append(...lines.map((line) => element("li", "", line)));
    details.append(list);
    this.card.append(lines.length ? details : element("p", "facts", parts.filter(Boolean).join(" · ")));
  }

  fail({ type, message: text, hint, attempts = [] }) {
    const box = element("div", "failure", [text, hint].filter(Boolean).join("\n"));
    box.setAttribute("role", "alert");
    box.prepend(element("strong", "", `${type}: `));
    this.card.append(box);
    if (attempts.length) this.card.append(element("p", "facts", `Tried: ${attempts.join("; ")}`));
  }

  finish() {
    this.card.classList.remove("busy");
  }
}

async function ask(text) {
  at("empty")?.remove();
  log.append(element("article", "message user text", text));
  const answer = new Answer();
  const controller = new AbortController();
  running = controller;
  busy(true);
  log.scrollTop = log.scrollHeight;
  const messages = [...conversation, { role: "user", content: text }];
  try {
    const reply = await fetch(`/chat/${agent.value}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ provider: provider.value, model: model.value, messages }),
      signal: controller.signal,
    });
    if (!reply.ok) throw new Error((await reply.json()).error.message);
    for await (const [name, data] of events(reply.body)) answer.take(name, data);
    if (answer.said) conversation = [...messages, { role: "assistant", content: answer.said }];
  } catch (error) {
    if (error.name === "AbortError") answer.card.append(element("p", "facts", "stopped"));
    else answer.fail({ type: "Error", message: error.message });
  } finally {
    answer.finish();
    if (running === controller) {
      running = null;
      busy(false);
    }
  }
}

function busy(is) {
  send.hidden = is;
  stop.hidden = !is;
  if (!is && document.activeElement === document.body) message.focus();
}

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = message.value.trim();
  if (!text || running || send.disabled) return;
  message.value = "";
  ask(text);
});
message.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    at("composer").requestSubmit();
  }
});
document.addEventListener("keydown", (event) => event.key === "Escape" && running?.abort());
stop.addEventListener("click", () => running?.abort());
at("clear").addEventListener("click", () => {
  running?.abort();
  conversation = [];
  log.replaceChildren();
  message.focus();
});
provider.addEventListener("change", () => showModels());
agent.addEventListener("change", showHint);
load().catch((error) => notify(`The page's server does not answer: ${error.message}`));
