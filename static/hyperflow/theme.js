// The theme that was chosen in the admin, before anything is painted.
(() => {
  let chosen = "auto";
  try {
    chosen = JSON.parse(localStorage.getItem("_x_adminTheme") || '"auto"');
  } catch {
    // A browser that keeps nothing shows what the system prefers.
  }
  const dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
