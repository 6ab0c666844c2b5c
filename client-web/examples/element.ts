import "@claviger/web/element";

const element = document.querySelector("claviger-auth");
element?.addEventListener("claviger-signed-in", (event) => {
  event.preventDefault(); // Instead of showing the account:
  location.assign("/orders");
});
