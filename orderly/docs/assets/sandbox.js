// In a sandbox only: selects one of its accounts, which are signed in already, and resets its data.
window.addEventListener("load", async () => {
  const { accounts } = await (await fetch("/sandbox/accounts")).json();
  const bar = document.createElement("p");
  bar.className = "sandbox";
  const select = document.createElement("select");
  select.append(...accounts.map((account) => new Option(`${account.role}: ${account.email}`, account.token)));
  const label = document.createElement("label");
  label.append("Sandbox, signed in as ", select);
  const reset = document.createElement("button");
  reset.type = "button";
  reset.textContent = "Reset data";
  const signIn = () => window.ui.preauthorizeApiKey("bearer", select.value);
  select.addEventListener("change", signIn);
  reset.addEventListener("click", async () => {
    const response = await fetch("/sandbox/reset", { method: "POST" });
    reset.textContent = response.ok ? "Data was reset" : "Reset failed";
  });
  bar.append(label, " ", reset);
  document.querySelector("#sign-in")?.remove();
  document.querySelector("nav").append(bar);
  window.whenShown.then(signIn);
});
