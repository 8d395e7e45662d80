// Talks to the page's server with AG-UI's own client: `node talk.mjs URL` reads a list of runs from standard input, each
// {content, props, tools, results}, and writes what the client made of each: its messages, events, result and error.
import { HttpAgent } from "@ag-ui/client";
import { readFileSync } from "node:fs";

const agent = new HttpAgent({ url: process.argv[2], threadId: "a thread" });
const told = [];
for (const { content, props, tools = [], results = {} } of JSON.parse(readFileSync(0, "utf8"))) {
  if (content) agent.messages.push({ id: crypto.randomUUID(), role: "user", content });
  for (const call of agent.messages.at(-1).toolCalls ?? []) {
    if (!(call.function.name in results)) continue;
    const result = { role: "tool", toolCallId: call.id, content: results[call.function.name] };
    agent.messages.push({ id: crypto.randomUUID(), ...result });
  }
  const seen = { events: [], error: null, thrown: null, result: null };
  try {
    const { result } = await agent.runAgent({ forwardedProps: props, tools }, {
      onEvent: ({ event }) => void seen.events.push(event),
      onRunErrorEvent: ({ event }) => void (seen.error = event),
    });
    seen.result = result ?? null;
  } catch (error) {
    seen.thrown = error.message;
  }
  told.push({ ...seen, messages: structuredClone(agent.messages) });
}
console.log(JSON.stringify(told));
