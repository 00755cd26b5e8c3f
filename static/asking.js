// Another server is being asked. Looks every second whether it has answered, and shows the page that comes next then.

async function look() {
  try {
    const answer = await fetch(location.href, { cache: "no-store", redirect: "manual" });
    const isOpen = answer.ok && (await answer.text()).includes("data-asking");
    if (!isOpen && answer.status < 500) {
      location.reload();
      return;
    }
  } catch {
    // The server or the line is gone for a moment; the next look will tell.
  }
  setTimeout(look, 1000);
}

if (document.querySelector("[data-asking]")) setTimeout(look, 1000);
