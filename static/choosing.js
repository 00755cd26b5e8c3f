// Names what Django's boxes of two lists leave without a role.
"use strict";
window.addEventListener("load", () => {
  for (const icon of document.querySelectorAll(".search-label-icon")) icon.setAttribute("role", "img");
});
