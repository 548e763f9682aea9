// Two comforts; every page reads and works without them.
"use strict";

// /r/300253/2025-002#q240, shared from page 2, lands there: a fragment never reaches the server.
const wanted = /^#q(\d+)(?:\.\d+)?$/.exec(location.hash);
const record = document.querySelector("[data-record]");
if (wanted && record && !document.getElementById("q" + wanted[1])) {
  location.replace(record.dataset.record + "/q/" + wanted[1]);
}

// A button beside each question copies its citation with its address.
async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea"); // plain http has no clipboard
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (!done) throw new Error("not copied");
}

for (const link of document.querySelectorAll(".record a.no")) {
  const button = document.createElement("button");
  const label = record.dataset.copy;
  button.type = "button";
  button.textContent = label;
  button.setAttribute("aria-label", `${label} ${link.textContent}`);
  link.after(" ", button);
  button.addEventListener("click", async () => {
    const address = (record.dataset.origin || location.origin) + link.getAttribute("href");
    try {
      await copy(`${record.dataset.cite} ${link.textContent}\n${address}`);
      button.textContent = record.dataset.copied;
      setTimeout(() => { button.textContent = label; }, 2000);
    } catch {
      location.hash = link.closest(".qa").id; // the address bar then holds the link
    }
  });
}
