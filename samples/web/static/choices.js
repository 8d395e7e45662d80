// What can be chosen: providers, models, agents, and the parameters of an answer.

import { element, option } from "./elements.js";

const at = (id) => document.getElementById(id);
const [provider, model, agent] = ["provider", "model", "agent"].map(at);
let listing = { providers: [], models: [] };

export function notify(text) {
  at("notice").textContent = text;
  at("notice").hidden = !text;
}

/** Fills the lists, keeping what is chosen; tells whether any model can be asked. */
export async function load() {
  const kept = [provider.value, model.value, agent.value];
  const [models, agents] = await Promise.all(["/models", "/agents"].map(async (path) => (await fetch(path)).json()));
  listing = models;
  agent.replaceChildren(...agents.map((one) => {
    const made = option(one.id, one.name);
    made.dataset.hint = one.hint;
    return made;
  }));
  provider.replaceChildren(...listing.providers.map((one) =>
    option(one.id, one.available ? one.name : `${one.name} (not available)`, !one.available)));
  const still = listing.models.some((one) => one.available && one.provider === kept[0] && one.id === kept[1]);
  if (still) agent.value = kept[2];
  if (listing.default_provider) provider.value = still ? kept[0] : listing.default_provider;
  showModels(still ? kept[1] : listing.default_model);
  showUnavailable();
  const usable = listing.providers.some((one) => one.available);
  if (!usable) notify("No provider is available. What each of them needs stands below.");
  return { usable, hints: agents };
}

function showModels(wanted) {
  const own = listing.models.filter((one) => one.provider === provider.value);
  model.replaceChildren(...own.map((one) => {
    const made = option(one.id, /\d/.test(one.size) ? `${one.name} (${one.size})` : one.name, !one.available);
    if (one.deployment) made.title = `deployment ${one.deployment}${one.version ? `, version ${one.version}` : ""}`;
    return made;
  }));
  const first = own.find((one) => one.available);
  if (wanted ?? first) model.value = wanted ?? first.id;
  notify(listing.providers.find((one) => one.id === provider.value)?.note ?? "");
}

function showUnavailable() {
  const missing = listing.providers.filter((one) => !one.available);
  at("unavailable").hidden = !missing.length;
  at("unavailable").open ||= missing.length === listing.providers.length;
  at("unavailable-title").textContent = `${missing.length} more provider${missing.length === 1 ? "" : "s"} to set up`;
  at("reasons").replaceChildren(...missing.flatMap((one) =>
    [element("dt", "", one.name), element("dd", "", one.reason)]));
}

provider.addEventListener("change", () => showModels());

/** Who answers, in words: the model and its provider. */
export function chosen() {
  return [model, provider].map((list) => list.selectedOptions[0]?.textContent ?? "").join(" · ");
}

/** The fields of a run: provider, model and the parameters that were set. */
export function props() {
  const set = { provider: provider.value, model: model.value };
  for (const field of document.querySelectorAll("#parameters [name]")) {
    if (field.value) set[field.name] = field.type === "number" ? Number(field.value) : field.value;
  }
  return set;
}
