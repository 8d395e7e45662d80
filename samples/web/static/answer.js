// One answer on the page while it arrives.

import { copyButton, element } from "./elements.js";
import { render } from "./markdown.js";

export class Answer {
  /** An answer of a model; `log` is where it stands. */
  constructor(log, who) {
    this.log = log;
    this.card = element("article", "message assistant busy");
    this.card.setAttribute("aria-busy", "true");
    this.card.append(element("p", "who", who));
    this.routes = [];
    this.tools = new Map();
    this.open = null; // the block that grows
    this.late = new Set(); // blocks whose text is newer than what is shown
    this.started = performance.now();
    this.error = null;
    this.waiting = element("p", "waiting");
    this.waiting.setAttribute("role", "status");
    this.who = who.split(" · ")[0];
    this.wait(`Waiting for ${this.who}`);
    this.clock = setInterval(() => this.tick(), 1000);
    log.append(this.card);
  }

  /** What the model said, as it wrote it. */
  get said() {
    return [...this.card.querySelectorAll(".text:not(.thought)")].map((one) => one.raw).join("\n\n").trim();
  }

  /** Shows that something is awaited, and for how long. */
  wait(what) {
    this.awaited = what;
    this.since = performance.now();
    this.waiting.textContent = what;
    this.card.append(this.waiting);
  }

  tick() {
    const seconds = Math.round((performance.now() - this.since) / 1000);
    if (this.waiting.isConnected && seconds > 1) this.waiting.textContent = `${this.awaited}, ${seconds} s`;
  }

  place(node) {
    this.waiting.remove();
    this.card.append(node);
  }

  take(event) {
    const { type } = event;
    if (type === "TEXT_MESSAGE_CONTENT") this.append("text", event.delta);
    else if (type === "REASONING_MESSAGE_CONTENT") this.append("thought text", event.delta);
    else if (type === "TOOL_CALL_START") this.call(event.toolCallId, event.toolCallName);
    else if (type === "TOOL_CALL_ARGS") this.tools.get(event.toolCallId).arguments += event.delta;
    else if (type === "TOOL_CALL_END") this.called(this.tools.get(event.toolCallId));
    else if (type === "TOOL_CALL_RESULT") this.result(event);
    else if (type === "CUSTOM" && event.name === "route") this.routes.push(event.value);
    else if (type === "CUSTOM" && event.name === "error") this.error = event.value;
    else if (type === "RUN_ERROR") this.fail(this.error ?? { message: event.message });
    else if (type === "RUN_FINISHED") this.facts(event);
    else if (type.endsWith("_END")) this.open = null;
  }

  append(className, text) {
    if (this.open?.className !== className) {
      this.open = element("div", className);
      this.open.raw = "";
      this.place(className === "text" ? this.open : thoughts(this.open));
    }
    this.open.raw += text;
    if (!this.late.size) requestAnimationFrame(() => this.paint());
    this.late.add(this.open);
  }

  /** Renders what is late: at most once a frame, however many pieces arrive. */
  paint() {
    const bottom = atBottom(this.log);
    for (const block of this.late) render(block, block.raw);
    this.late.clear();
    if (bottom) this.log.scrollTop = this.log.scrollHeight;
  }

  call(id, name) {
    const node = element("div", "tool", `${name}(…)`);
    this.tools.set(id, { node, name, arguments: "" });
    this.open = null;
    this.place(node);
  }

  called({ node, name, arguments: given }) {
    node.textContent = `${name}(${given})`;
    this.wait(`Running ${name}`);
  }

  result({ toolCallId, content }) {
    this.tools.get(toolCallId)?.node.append(element("div", "result", `→ ${content}`));
    this.wait(`Waiting for ${this.who}`);
  }

  facts({ usage: [used], result }) {
    const last = this.routes.at(-1);
    const failovers = this.routes.reduce((sum, one) => sum + one.attempts.length - 1, 0);
    const finish = result.finish_reason;
    const parts = [
      last && `${last.deployment}@${last.resource}`,
      last?.served_model,
      last?.region,
      `${used.inputTokens} + ${used.outputTokens} tokens`,
      `${((performance.now() - this.started) / 1000).toFixed(1)} s`,
      failovers && `${failovers} failed over`,
      finish === "length" && "cut off: the limit of tokens was reached",
      (finish === "content_filter" || last?.filtered) && "cut off by the content filter",
    ];
    const lines = this.routes.flatMap((one) => [...one.attempts, ...one.changes]);
    if (last?.request_id) lines.push(`request id ${last.request_id}`);
    const text = parts.filter(Boolean).join(" · ");
    this.place(lines.length ? details("facts", text, lines) : element("p", "facts", text));
  }

  fail({ type, message, hint, attempts = [] }) {
    const box = element("div", "failure");
    box.setAttribute("role", "alert");
    box.append(element("strong", "", message));
    if (hint) box.append(element("p", "", hint));
    this.place(box);
    const lines = [...attempts, type && `error ${type}`].filter(Boolean);
    if (lines.length) this.card.append(details("facts", "Details", lines));
  }

  /** Ends it: with a note, such as that it was stopped, and with buttons. */
  finish(note, ...buttons) {
    clearInterval(this.clock);
    this.waiting.remove();
    this.paint();
    for (const one of this.card.querySelectorAll("details.thoughts")) one.open = false;
    if (note) this.card.append(element("p", "facts", note));
    const row = element("div", "actions");
    if (this.said) row.append(copyButton(() => this.said));
    row.append(...buttons);
    if (row.childElementCount) this.card.append(row);
    this.card.classList.remove("busy");
    this.card.removeAttribute("aria-busy");
  }
}

export function atBottom(log) {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 80;
}

function thoughts(block) {
  const made = element("details", "thoughts");
  made.open = true;
  made.append(element("summary", "", "Thinking"), block);
  return made;
}

function details(className, summary, lines) {
  const made = element("details", className);
  const list = element("ul");
  list.append(...lines.map((line) => element("li", "", line)));
  made.append(element("summary", "", summary), list);
  return made;
}
