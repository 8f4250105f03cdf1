// The few things that HTML and htmx do not do by themselves. Every page works without this file, but for the chart and the preview's sizes.
const one = (selector, inside = document) => inside.querySelector(selector);
const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];

function drawChart() {
  const box = one("#chart");
  const source = one("#chart-values");
  if (!box || !source || !window.uPlot) return;
  const { day, days, series } = JSON.parse(source.textContent);
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: colour("--soft"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  const lines = series.map((each, index) => ({
    label: each.label, stroke: colour(`--chart-${index + 1}`), width: 2, points: { show: days.length < 10, size: 6 },
    paths: uPlot.paths.spline(), fill: index === 0 ? `${colour("--chart-1")}22` : undefined,
  }));
  box.replaceChildren();
  new uPlot({
    width: box.clientWidth, height: 230, cursor: { y: false },
    scales: { x: { time: false }, y: { range: (_plot, _low, high) => [0, Math.max(4, Math.ceil(high * 1.1))] } },
    axes: [
      { ...axis, grid: { show: false }, values: (_plot, ticks) => ticks.map((tick) => days[tick] ?? ""), incrs: [1, 2, 3, 7, 14, 30], space: 64 },
      { ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 100000] },
    ],
    series: [{ label: day, value: (_plot, index) => days[index] ?? "–" }, ...lines],
  }, [days.map((_day, index) => index), ...series.map((each) => each.values)], box);
}

function previews() {
  all("[data-preview]").forEach((button) => button.addEventListener("click", () => {
    const frame = one("iframe", button.closest(".preview"));
    const wanted = button.dataset.src || frame.dataset.html;
    all("[data-preview]", button.parentElement).forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
    frame.className = button.dataset.preview;
    if (!frame.src.endsWith(wanted)) frame.src = wanted;
  }));
}

function lineNumbers() {
  all("[data-gutter]").forEach((gutter) => {
    const area = document.getElementById(gutter.dataset.gutter);
    const count = () => {
      const lines = area.value.split("\n").length;
      gutter.textContent = Array.from({ length: lines }, (_, index) => index + 1).join("\n");
      area.rows = lines + 1;
    };
    area.addEventListener("input", count);
    count();
  });
  all("[data-line]").forEach((button) => button.addEventListener("click", () => {
    const area = one(".code textarea");
    const before = area.value.split("\n").slice(0, Number(button.dataset.line) - 1).join("\n").length;
    const start = before ? before + 1 : 0;
    const end = area.value.indexOf("\n", start);
    area.focus();
    area.setSelectionRange(start, end < 0 ? area.value.length : end);
  }));
}

function copying() {
  all("[data-copy]").forEach((button) => button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    button.textContent = button.dataset.copied;
  }));
}

function menus() {
  document.addEventListener("click", (event) => all("details.menu[open]").forEach((menu) => menu.contains(event.target) || menu.removeAttribute("open")));
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    all("details.menu[open]").forEach((menu) => { menu.removeAttribute("open"); one("summary", menu).focus(); });
  });
}

/** On narrow screens the navigation opens with a button; without scripts it stands open. */
function navigation() {
  const button = one(".nav-toggle"), nav = one("nav.main");
  if (!button || !nav) return;
  document.documentElement.classList.add("js");
  button.hidden = false;
  button.addEventListener("click", () => button.setAttribute("aria-expanded", String(nav.classList.toggle("is-open"))));
}

function busy() {
  all("form[data-busy]").forEach((form) => form.addEventListener("submit", () => {
    one(".busy", form).hidden = false;
    one("[type=submit]", form).disabled = true;
  }));
}

[drawChart, previews, lineNumbers, copying, menus, navigation, busy].forEach((each) => each());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawChart);
addEventListener("resize", () => { clearTimeout(window.redraw); window.redraw = setTimeout(drawChart, 150); });
