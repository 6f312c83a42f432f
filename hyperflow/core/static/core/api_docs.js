"use strict";

window.ui = SwaggerUIBundle({
  url: "schema",
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  deepLinking: true,
  filter: true,
  docExpansion: "none",
  persistAuthorization: false,
});
