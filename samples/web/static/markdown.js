// Markdown as nodes. HTML in an answer is shown as text, pictures as links: nothing is loaded from elsewhere.

import { Marked } from "./vendor/marked.esm.js";
import DOMPurify from "./vendor/purify.es.js";
import { copyButton, element } from "./elements.js";

const escaped = (text) =>
  text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const marked = new Marked({
  gfm: true,
  breaks: true,
  renderer: {
    html: ({ text }) => escaped(text),
    image: ({ href, text }) => `<a href="${escaped(href)}">${escaped(text || href)}</a>`,
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
  },
});

const ALLOWED = {
  ALLOWED_TAGS: [
    "a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre",
    "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
  ],
  ALLOWED_ATTR: ["align", "href", "start", "title"],
  ALLOWED_URI_REGEXP: /^(https?|mailto):/i,
  RETURN_DOM_FRAGMENT: true,
};

/** Shows Markdown in an element. */
export function render(target, text) {
  const shown = DOMPurify.sanitize(marked.parse(text), ALLOWED);
  for (const link of shown.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer";
  }
  for (const wide of shown.querySelectorAll("pre, table")) {
    const frame = element("div", "wide");
    wide.replaceWith(frame);
    frame.append(wide);
    if (wide.tagName === "PRE") frame.append(copyButton(() => wide.textContent.trimEnd()));
  }
  target.replaceChildren(shown);
}
