// Everything that an inline script would do elsewhere: the page's policy allows none.
window.whenShown = new Promise((shown) => {
  window.addEventListener("load", () => {
    window.ui = SwaggerUIBundle({
      onComplete: shown,
      url: "/docs/openapi.json",
      dom_id: "#docs",
      deepLinking: true,
      displayRequestDuration: true,
      filter: true,
      persistAuthorization: false,
      tryItOutEnabled: true,
      validatorUrl: null,
      presets: [SwaggerUIBundle.presets.apis],
      layout: "BaseLayout",
    });
  });
});
