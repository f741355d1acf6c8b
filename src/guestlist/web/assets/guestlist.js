// What pages do beyond plain HTML. Everything works without this file; it only spares clicks.
document.querySelectorAll("[data-copy]").forEach(function (button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", function () {
    navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value).then(function () {
      button.textContent = "Copied";
    });
  });
});
document.querySelectorAll("[data-select]").forEach(function (field) {
  field.addEventListener("focus", function () { field.select(); });
});
document.addEventListener("submit", function (event) {
  // A form that was sent is not sent twice.
  var form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  setTimeout(function () { delete form.dataset.sent; }, 5000);
});
document.addEventListener("keydown", function (event) {
  // Escape closes the menu of small screens.
  var menu = document.querySelector("details.top-menu[open]");
  if (event.key === "Escape" && menu) { menu.open = false; menu.querySelector("summary").focus(); }
});
