// JavaScript's clients against the emulator, each feature a line of JSON: {"client", "feature", "ok", "told"}.
import { createAzure } from "@ai-sdk/azure";
import { embed, generateObject, generateText, streamText, tool } from "ai";
import OpenAI, { AzureOpenAI } from "openai";
import { z } from "zod";

const endpoint = process.env.AZURE_OPENAI_ENDPOINT;
const apiKey = process.env.AZURE_OPENAI_API_KEY;
const messages = [{ role: "user", content: "What is 6 * 7?" }];
const weather = {
  type: "function",
  function: {
    name: "get_weather",
    description: "Get the weather.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  },
};

async function check(client, feature, run) {
  let told = "";
  try {
    told = await run();
  } catch (error) {
    console.log(JSON.stringify({ client, feature, ok: false, told: String(error).slice(0, 300) }));
    return;
  }
  console.log(JSON.stringify({ client, feature, ok: Boolean(told), told: String(told).slice(0, 100) }));
}

async function openai(name, client) {
  await check(name, "chat", async () => (await client.chat.completions.create({ model: "gpt-4o", messages })).choices[0].message.content.includes("42"));
  await check(name, "stream", async () => {
    let text = "";
    for await (const chunk of await client.chat.completions.create({ model: "gpt-4o", messages, stream: true })) text += chunk.choices[0]?.delta?.content ?? "";
    return text.includes("42");
  });
  await check(name, "tools", async () => {
    const asked = [{ role: "user", content: "Weather in Oslo?" }];
    const reply = await client.chat.completions.create({ model: "gpt-4o", messages: asked, tools: [weather] });
    return reply.choices[0].message.tool_calls[0].function.arguments === '{"city":"Oslo"}';
  });
  await check(name, "embeddings", async () => (await client.embeddings.create({ model: "text-embedding-3-small", input: "x" })).data[0].embedding.length === 1536);
  await check(name, "responses", async () => (await client.responses.create({ model: "gpt-4o", input: "What is 6 * 7?" })).output_text.includes("42"));
  await check(name, "models", async () => (await client.models.list()).data.length > 0);
  await check(name, "refusal", async () => {
    try {
      await client.chat.completions.create({ model: "gpt-5", messages, temperature: 0.2 });
    } catch (error) {
      return error.status === 400 && error.code === "unsupported_value";
    }
    return false;
  });
}

async function vercel(name, azure, chatOnly) {
  const model = chatOnly ? azure.chat("gpt-4o") : azure("gpt-4o");
  const prompt = "What is 6 * 7?";
  await check(name, "text", async () => (await generateText({ model, prompt })).text.includes("42"));
  await check(name, "stream", async () => (await streamText({ model, prompt }).text).includes("42"));
  await check(name, "object", async () => (await generateObject({ model, schema: z.object({ city: z.string() }), prompt: "Oslo, as an object" })).object.city.includes("Oslo"));
  await check(name, "tools", async () => {
    const tools = { get_weather: tool({ description: "Get the weather.", inputSchema: z.object({ city: z.string() }) }) };
    return (await generateText({ model, tools, prompt: "Weather in Oslo?" })).toolCalls[0].input.city === "Oslo";
  });
  await check(name, "embeddings", async () => (await embed({ model: azure.textEmbeddingModel("text-embedding-3-small"), value: "x" })).embedding.length === 1536);
}

await openai("openai v1", new OpenAI({ baseURL: `${endpoint}/openai/v1/`, apiKey, maxRetries: 0 }));
await openai("openai azure", new AzureOpenAI({ endpoint, apiKey, apiVersion: "2025-04-01-preview", maxRetries: 0 }));
await vercel("vercel v1", createAzure({ baseURL: `${endpoint}/openai/v1`, apiKey }), false);
await vercel("vercel deployments", createAzure({ baseURL: `${endpoint}/openai`, apiKey, useDeploymentBasedUrls: true }), true);
await vercel("vercel dated", createAzure({ baseURL: `${endpoint}/openai`, apiKey, useDeploymentBasedUrls: true, apiVersion: "2025-04-01-preview" }), true);
