// Small parts of the page.

/** An element with a class and text; text is never read as HTML. */
export function element(tag, className = "", text = "") {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

export function option(value, text, disabled = false) {
  const made = new Option(text, value);
  made.disabled = disabled;
  return made;
}

export function button(className, text, act) {
  const made = element("button", className, text);
  made.type = "button";
  made.addEventListener("click", () => act(made));
  return made;
}

/** A button that copies what `text` gives at that moment. */
export function copyButton(text, label = "Copy") {
  return button("small copy", label, async (made) => {
    made.textContent = (await copied(text())) ? "Copied" : "Not allowed";
    setTimeout(() => (made.textContent = label), 1500);
  });
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without the permission, or outside a secure context: the old way.
    const area = element("textarea", "hidden");
    area.value = text;
    document.body.append(area);
    const before = document.activeElement;
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    before?.focus();
    return done;
  }
}
