// Starts Swagger UI. The page's Content-Security-Policy allows no inline script.

// Opens the tag and the operation in the URL's fragment. Swagger UI's own function warns about each `_`, which
// operationIds contain.
const deepLinks = () => ({
  statePlugins: {
    layout: {
      wrapActions: {
        parseDeepLinkHash: (_, { layoutActions, layoutSelectors }) => (hash) => {
          const parts = hash.split("/").slice(1); // the tag and the operation, either of which may be missing
          const keys = parts.map((_, last) => layoutSelectors.isShownKeyFromUrlHashArray(parts.slice(0, last + 1)));
          keys.forEach((key) => layoutActions.show(key, true));
          if (keys.length) layoutActions.scrollTo(keys.at(-1));
        },
      },
    },
  },
});

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
      plugins: [deepLinks],
      layout: "BaseLayout",
    });
  });
});
