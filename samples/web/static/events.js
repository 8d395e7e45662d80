// The page's side of AG-UI: reading a run's events, and keeping the conversation that goes back with the next question.

/** The typed events of a stream. */
export async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    buffer += value;
    const blocks = buffer.split("\n\n");
    buffer = blocks.pop();
    for (const block of blocks) {
      const data = block.split("\n").filter((line) => line.startsWith("data:")).map((line) => line.slice(5));
      if (data.length) yield JSON.parse(data.join("\n"));
    }
  }
}

/** The messages of a conversation, as AG-UI has them. */
export class Conversation {
  constructor() {
    this.threadId = crypto.randomUUID();
    this.messages = [];
  }

  /** Adds a question; returns where the conversation was before it. */
  ask(content) {
    const mark = this.messages.length;
    this.messages.push({ id: crypto.randomUUID(), role: "user", content });
    return mark;
  }

  /** Forgets everything from there on. */
  rewind(mark) {
    this.messages.length = mark;
  }

  /** Adds what an event says. */
  take(event) {
    if (event.type === "TEXT_MESSAGE_START") this.#assistant(event.messageId);
    else if (event.type === "TEXT_MESSAGE_CONTENT") this.#assistant(event.messageId).content += event.delta;
    else if (event.type === "TOOL_CALL_START") {
      const message = this.#assistant(event.parentMessageId ?? event.toolCallId);
      const called = { name: event.toolCallName, arguments: "" };
      (message.toolCalls ??= []).push({ id: event.toolCallId, type: "function", function: called });
    } else if (event.type === "TOOL_CALL_ARGS") {
      const calls = this.messages.flatMap((one) => one.toolCalls ?? []);
      calls.find((one) => one.id === event.toolCallId).function.arguments += event.delta;
    } else if (event.type === "TOOL_CALL_RESULT") {
      const { messageId: id, toolCallId, content } = event;
      this.messages.push({ id, role: "tool", toolCallId, content });
    }
  }

  #assistant(id) {
    let found = this.messages.find((one) => one.id === id);
    if (!found) this.messages.push((found = { id, role: "assistant", content: "" }));
    return found;
  }
}

/** A request that the server never took; its text is not lost. */
export class Unsent extends Error {}

/** Sends a run; gives its events. */
export async function* run(agent, conversation, forwardedProps, signal) {
  const { threadId, messages } = conversation;
  const asked = { threadId, runId: crypto.randomUUID(), state: {}, messages, tools: [], context: [], forwardedProps };
  let reply;
  try {
    reply = await fetch(`/chat/${agent}`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body: JSON.stringify(asked),
      signal,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Unsent("The page's server does not answer.\nIs `python -m samples.web` still running? Start it, then send again.");
  }
  if (!reply.ok) throw new Unsent(await refusal(reply));
  yield* whole(events(reply.body));
}

async function refusal(reply) {
  try {
    return (await reply.json()).error.message;
  } catch {
    return `The page's server answered ${reply.status}.\nIts terminal shows why.`;
  }
}

/** The events, and a last one of our own where the connection broke before the run's. */
async function* whole(incoming) {
  let last;
  try {
    for await (last of incoming) yield last;
  } catch (error) {
    if (error.name === "AbortError") throw error;
  }
  if (last?.type === "RUN_FINISHED" || last?.type === "RUN_ERROR") return;
  const message = "The connection to the page's server broke before the answer was complete.";
  const value = { type: "", message, hint: "What had arrived is kept. Try again.", attempts: [] };
  yield { type: "CUSTOM", name: "error", value };
  yield { type: "RUN_ERROR", message };
}
