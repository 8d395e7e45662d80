// The page: asking, stopping, trying again.

import { Answer } from "./answer.js";
import { chosen, load, notify, props } from "./choices.js";
import { button, element } from "./elements.js";
import { Conversation, Unsent, run } from "./events.js";

const at = (id) => document.getElementById(id);
const [agent, log, message, send, stop] = ["agent", "log", "message", "send", "stop"].map(at);

let conversation = new Conversation();
let running = null; // the AbortController of the answer that is arriving
const empty = at("empty");

async function ask(text) {
  empty.remove();
  for (const old of log.querySelectorAll(".retry, .unsent")) old.remove();
  const asked = conversation; // "New chat" may begin another one meanwhile
  const mark = asked.ask(text);
  const question = element("article", "message user text", text);
  log.append(question);
  const answer = new Answer(log, chosen());
  const controller = new AbortController();
  running = controller;
  busy(true);
  log.scrollTop = log.scrollHeight;
  const again = button("small retry", "Try again", () => {
    if (running || asked !== conversation) return;
    asked.rewind(mark);
    question.remove();
    answer.card.remove();
    if (message.value.trim() === text) message.value = ""; // it was put back there
    ask(text);
    message.focus();
  });
  let note = "";
  try {
    for await (const event of run(agent.value, asked, props(), controller.signal)) {
      const bottom = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
      asked.take(event);
      answer.take(event);
      if (bottom) log.scrollTop = log.scrollHeight;
      // A question that nothing answered, such as a filtered one, would spoil the next.
      if (event.type === "RUN_ERROR" && asked.messages.length === mark + 1) asked.rewind(mark);
    }
  } catch (error) {
    if (error.name === "AbortError") note = "You stopped this answer.";
    else if (error instanceof Unsent) unsent(error, asked, mark, text, question, answer);
    else answer.fail({ message: "The page met an error of its own.", hint: `Reload it. (${error.message})` });
  } finally {
    answer.finish(note, again);
    if (running === controller) {
      running = null;
      busy(false);
    }
  }
}

/** Nothing was sent: the text goes back to where it can be sent again. */
function unsent(error, asked, mark, text, question, answer) {
  const [words, ...hint] = error.message.split("\n");
  asked.rewind(mark);
  question.remove();
  answer.card.classList.add("unsent");
  answer.fail({ message: words, hint: [...hint, "Your text is still in the box."].join("\n") });
  if (!message.value.trim()) message.value = text;
}

function busy(is) {
  send.hidden = is;
  stop.hidden = !is;
  if (!is && document.activeElement === document.body) message.focus();
}

function submit(text) {
  if (!text || running || send.disabled) return;
  message.value = "";
  ask(text);
}

at("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  submit(message.value.trim());
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
  conversation = new Conversation();
  log.replaceChildren(empty);
  message.focus();
});

function showHint() {
  message.placeholder = `Message, such as: ${agent.selectedOptions[0]?.dataset.hint ?? ""}`;
}
agent.addEventListener("change", showHint);

async function begin() {
  try {
    const { usable, hints } = await load();
    send.disabled = !usable;
    showHint();
    at("ideas").replaceChildren(...hints.map((one) =>
      button("idea", one.hint, () => {
        agent.value = one.id;
        showHint();
        submit(one.hint);
        message.focus();
      })));
  } catch {
    notify("The page's server does not answer. Start it with `python -m samples.web`, then reload this page.");
  }
}
at("look-again").addEventListener("click", begin);
begin();
