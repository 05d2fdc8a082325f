// Only with --reload: shows what is wrong with the contract, and the new one as soon as it is saved.
window.addEventListener("load", () => {
  const banner = document.createElement("p");
  banner.className = "broken";
  banner.setAttribute("role", "alert");
  let known;
  setInterval(async () => {
    const answer = await fetch("/docs/reload").catch(() => null);
    if (!answer?.ok) return;
    const { count, error } = await answer.json();
    known ??= count;
    if (count !== known) window.location.reload();
    banner.textContent = error ?? "";
    if (error && !banner.isConnected) document.querySelector("nav").after(banner);
    if (!error) banner.remove();
  }, 1000);
});
