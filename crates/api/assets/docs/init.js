// Draws the reference from this server's own document; nothing is loaded from anywhere else.
window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "/openapi.json",
    domNode: document.getElementById("reference"),
    deepLinking: true,
    validatorUrl: null,
    tryItOutEnabled: false,
    // A token typed into the page is forgotten with the page.
    persistAuthorization: false,
  });
});
