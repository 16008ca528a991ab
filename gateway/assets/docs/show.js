// Shows the API's document. It stands in a file of its own because the page may run no inline script.

window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  docExpansion: "list",
  filter: true,
  // What is typed into the page stays on this machine: no other site is asked to check the document.
  validatorUrl: null,
  persistAuthorization: false,
});
