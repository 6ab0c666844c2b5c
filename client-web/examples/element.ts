import "@claviger/web/element";

const element = document.querySelector("claviger-auth");
element?.addEventListener("claviger-signed-in", (event) => {
  event.preventDefault(); // Not the account, but:
  location.assign("/orders");
});
