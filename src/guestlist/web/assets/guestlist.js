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
document.addEventListener("htmx:sseClose", function (event) {
  // What was under way is over: the page shows what came of it.
  if (event.detail.type === "message" && event.target.hasAttribute("data-anew")) location.reload();
});
document.addEventListener("click", function (event) {
  // A menu that is open closes when something else is clicked.
  document.querySelectorAll("details.menu[open]").forEach(function (menu) {
    if (!menu.contains(event.target)) menu.open = false;
  });
});
document.addEventListener("keydown", function (event) {
  // Escape closes a menu.
  var menu = document.querySelector("details.top-menu[open], details.menu[open]");
  if (event.key === "Escape" && menu) { menu.open = false; menu.querySelector("summary").focus(); }
});
