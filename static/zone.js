// Says where this browser is, so that times are shown as its clock shows them.
"use strict";
for (const field of document.querySelectorAll("input[name=browsers_zone]")) {
  field.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
}
