"use strict";

// Each button copies the command next to it.
const says = document.getElementById("says");
for (const button of document.querySelectorAll(".command button")) {
  button.addEventListener("click", async () => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      says.textContent = "Copied.";
    } catch { // a page has no clipboard without TLS, except on localhost
      getSelection().selectAllChildren(code);
      says.textContent = "The command is selected. Copy it with the keyboard.";
    }
  });
}
