// Moves the progress of an export, every second, and shows its parts as soon as it is done.

const shown = document.querySelector("[data-progress]");

async function look() {
  try {
    const answer = await fetch(shown.dataset.progress, { cache: "no-store" });
    if (answer.ok) {
      const { state, percent, said } = await answer.json();
      if (state !== "exporting") {
        location.replace(location.pathname);
        return;
      }
      shown.querySelector("progress").value = percent;
      shown.querySelector("[role=status]").textContent = said;
    }
  } catch {
    // The server or the line is gone for a moment; the next look will tell.
  }
  setTimeout(look, 1000);
}

if (shown) setTimeout(look, 1000);
