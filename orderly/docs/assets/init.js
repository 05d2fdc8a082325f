// Everything that an inline script would do elsewhere: the page's policy allows none.

// Opens what the address names. Swagger UI's own way complains of every `_`, which operationIds have.
const deepLinks = () => ({
  statePlugins: {
    layout: {
      wrapActions: {
        parseDeepLinkHash: (_, { layoutActions, layoutSelectors }) => (hash) => {
          const steps = hash.split("/").slice(1); // the tag and the operation, of which either may be missing
          const places = steps.map((_, last) => layoutSelectors.isShownKeyFromUrlHashArray(steps.slice(0, last + 1)));
          places.forEach((place) => layoutActions.show(place, true));
          if (places.length) layoutActions.scrollTo(places.at(-1));
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
