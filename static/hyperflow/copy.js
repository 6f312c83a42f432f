// A button that copies what it names, and says that it did.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const label = button.textContent;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "✓";
    } catch {
      // Without a safe connection browsers refuse: the address is marked, to be copied by hand.
      getSelection().selectAllChildren(button.previousElementSibling);
      return;
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
}
