// Before anything is painted: the system's colours, where nobody chose others.
(function () {
  var root = document.documentElement;
  if (root.hasAttribute("data-bs-theme")) return;
  var dark = matchMedia("(prefers-color-scheme: dark)");
  function follow() { root.setAttribute("data-bs-theme", dark.matches ? "dark" : "light"); }
  follow();
  dark.addEventListener("change", follow);
})();
