// Signs in to try things out: the token stays in this page and goes with it.
window.addEventListener("load", () => {
  const form = document.querySelector("#sign-in");
  const told = form.querySelector("output");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { email, password } = form.elements;
    const answer = await fetch(form.dataset.at, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email: email.value, password: password.value }),
    }).catch(() => null);
    const said = await answer?.json().catch(() => null);
    password.value = "";
    told.textContent = answer?.ok ? `Signed in as ${email.value}.` : (said?.detail ?? said?.title ?? "That did not work.");
    if (answer?.ok) window.ui.preauthorizeApiKey("bearer", said.access_token);
  });
});
