// Signs in for "Try it out". The token is kept in this page only, until it is closed.
window.addEventListener("load", () => {
  const form = document.querySelector("#sign-in");
  const output = form.querySelector("output");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const { email, password } = form.elements;
    const response = await fetch(form.dataset.at, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email: email.value, password: password.value }),
    }).catch(() => null);
    const body = await response?.json().catch(() => null);
    password.value = "";
    output.textContent = response?.ok ? `Signed in as ${email.value}.` : (body?.detail ?? body?.title ?? "Sign-in failed.");
    if (response?.ok) window.ui.preauthorizeApiKey("bearer", body.access_token);
  });
});
