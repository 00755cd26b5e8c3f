// Says when a browser comes back without a passkey, which else only its console would tell.

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const said = document.getElementById("no-passkey");
  said.hidden = true; // so that it is read out each time
  requestAnimationFrame(() => { said.hidden = false; });
});
