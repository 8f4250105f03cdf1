// The designer's preview follows what is typed. Without this file the buttons "Look" do the same by hand.
const form = document.getElementById("placing");
const frame = document.querySelector("iframe[name=placed]");
let timer = 0;

/** The language whose fields were touched last, else the first one. */
let language = form.querySelector("details").dataset.language;

function look() {
  const button = form.querySelector(`button[name=language][value="${language}"]`);
  form.requestSubmit(button);
}

form.addEventListener("input", (event) => {
  language = event.target.closest("details")?.dataset.language ?? language;
  clearTimeout(timer);
  timer = setTimeout(look, 400);
});

for (const button of document.querySelectorAll("[data-width]")) {
  button.addEventListener("click", () => {
    frame.classList.toggle("phone", button.dataset.width === "phone");
    document.querySelectorAll("[data-width]").forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
  });
}

look();
