// How far an upload is, and lists that are dropped on a form. Without this the form is sent as browsers send it.
(function () {
  var LARGEST = 1073741824;
  document.querySelectorAll("form[data-uploads]").forEach(function (form) {
    var drop = form.querySelector("[data-drop]"), input = form.querySelector("input[type=file]");
    var shown = form.querySelector("[data-upload]"), bar = shown.querySelector("progress");
    var text = form.querySelector("[data-upload-text]"), fault = form.querySelector("[data-upload-fault]");
    var button = form.querySelector("button");
    ["dragover", "dragleave", "drop"].forEach(function (kind) {
      drop.addEventListener(kind, function (event) {
        event.preventDefault();
        drop.classList.toggle("drop-over", kind === "dragover");
        if (kind === "drop" && event.dataTransfer.files.length) {
          input.files = event.dataTransfer.files;
          input.dispatchEvent(new Event("change", { bubbles: true }));
        }
      });
    });
    input.addEventListener("change", function () {
      var name = form.querySelector("input[name=name]");
      if (name && !name.value && input.files.length) {
        name.value = input.files[0].name.replace(/\.[^.]*$/, "").replace(/[^A-Za-z0-9_.-]+/g, " ").slice(0, 100)
          .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
      }
    });
    function refuse(sentence) {
      shown.hidden = true;
      button.disabled = false;
      fault.hidden = false;
      fault.textContent = sentence;
      delete form.dataset.sent;
    }
    form.addEventListener("submit", function (event) {
      if (!input.files.length) return;
      event.preventDefault();
      event.stopPropagation();
      fault.hidden = true;
      if (input.files[0].size > LARGEST) { refuse("The list is larger than 1 GB: save it as Parquet, or leave columns out."); return; }
      var request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      request.upload.addEventListener("progress", function (sent) {
        if (!sent.lengthComputable) return;
        var share = Math.floor(100 * sent.loaded / sent.total);
        bar.value = share;
        text.textContent = share < 100 ? "Uploading: " + share + " %" : "Looking at the list";
        if (share === 100) bar.removeAttribute("value");
      });
      request.addEventListener("load", function () {
        var said = {};
        try { said = JSON.parse(request.responseText); } catch (error) { said = {}; }
        if (said.to) { location.assign(said.to); return; }
        refuse(said.fault || "That did not work: load the page anew and try again.");
      });
      request.addEventListener("error", function () { refuse("The connection broke: try again."); });
      shown.hidden = false;
      button.disabled = true;
      request.send(new FormData(form));
    });
  });
})();
