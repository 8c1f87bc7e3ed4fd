"use strict";

// The buttons copy the command beside them.
const says = document.getElementById("says");
for (const button of document.querySelectorAll(".command button")) {
  button.addEventListener("click", async () => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      says.textContent = "Copied.";
    } catch { // without TLS, but on localhost, a page has no clipboard
      getSelection().selectAllChildren(code);
      says.textContent = "The command is selected. Copy it with the keyboard.";
    }
  });
}
