// A small app of somebody else: it sorts a complaint, with a tool, and streams the answer.
import { AzureOpenAI } from "openai";

const client = () =>
  new AzureOpenAI({
    endpoint: process.env.AZURE_OPENAI_ENDPOINT,
    apiKey: process.env.AZURE_OPENAI_API_KEY,
    apiVersion: "2025-04-01-preview",
    maxRetries: 0,
  });
const tools = [
  {
    type: "function",
    function: {
      name: "find_order",
      description: "Find an order by its number.",
      parameters: { type: "object", properties: { number: { type: "integer" } }, required: ["number"] },
    },
  },
];

export async function answer(complaint) {
  const messages = [{ role: "user", content: complaint }];
  const first = await client().chat.completions.create({ model: "gpt-4o", messages, tools });
  const asked = first.choices[0].message;
  for (const call of asked.tool_calls ?? []) {
    const { number } = JSON.parse(call.function.arguments);
    messages.push(asked, { role: "tool", tool_call_id: call.id, content: `Order ${number} is on its way.` });
  }
  let text = "";
  for await (const chunk of await client().chat.completions.create({ model: "gpt-4o", messages, tools, stream: true })) {
    text += chunk.choices[0]?.delta?.content ?? "";
  }
  return text;
}

export async function refusal() {
  try {
    await client().chat.completions.create({ model: "gpt-5", messages: [{ role: "user", content: "x" }], max_tokens: 5 });
  } catch (error) {
    return `${error.status} ${error.code}`;
  }
  return "";
}
