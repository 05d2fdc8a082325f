// Only in a sandbox: everybody of it is signed in already, and everything can be begun anew.
window.addEventListener("load", async () => {
  const { accounts } = await (await fetch("/sandbox/accounts")).json();
  const bar = document.createElement("p");
  bar.className = "sandbox";
  const people = document.createElement("select");
  people.append(...accounts.map((account) => new Option(`${account.role}: ${account.email}`, account.token)));
  const label = document.createElement("label");
  label.append("Sandbox, signed in as ", people);
  const reset = document.createElement("button");
  reset.type = "button";
  reset.textContent = "Begin anew";
  const signIn = () => window.ui.preauthorizeApiKey("bearer", people.value);
  people.addEventListener("change", signIn);
  reset.addEventListener("click", async () => {
    const answer = await fetch("/sandbox/reset", { method: "POST" });
    reset.textContent = answer.ok ? "Begun anew" : "Did not work";
  });
  bar.append(label, " ", reset);
  document.querySelector("#sign-in")?.remove();
  document.querySelector("nav").append(bar);
  window.whenShown.then(signIn);
});
