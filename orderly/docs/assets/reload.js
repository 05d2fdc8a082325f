// With --reload only: shows the error of a broken contract, and reloads the page after each valid save.
window.addEventListener("load", () => {
  const banner = document.createElement("p");
  banner.className = "broken";
  banner.setAttribute("role", "alert");
  let loaded;
  setInterval(async () => {
    const response = await fetch("/docs/reload").catch(() => null);
    if (!response?.ok) return;
    const { count, error } = await response.json();
    loaded ??= count;
    if (count !== loaded) window.location.reload();
    banner.textContent = error ?? "";
    if (error && !banner.isConnected) document.querySelector("nav").after(banner);
    if (!error) banner.remove();
  }, 1000);
});
