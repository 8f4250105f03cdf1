/** The shop's own button for notifications: there only where this browser can show them, and has not been asked yet. */
import { language } from "./cart.js";

const WORDS = {
  en: { ask: "Remind me by notification", on: "We will remind you in this browser.", denied: "Notifications are blocked in this browser's settings." },
  pl: { ask: "Przypomnij powiadomieniem", on: "Przypomnimy Ci w tej przeglądarce.", denied: "Powiadomienia są zablokowane w ustawieniach przeglądarki." },
  bg: { ask: "Напомнете ми с известие", on: "Ще Ви напомним в този браузър.", denied: "Известията са блокирани в настройките на браузъра." },
};
const words = WORDS[language], button = document.getElementById("notify"), said = document.getElementById("said");

async function offer() {
  button.textContent = words.ask;
  button.hidden = await window.wraca.notifications.state() !== "off";
}

button.addEventListener("click", async () => {
  const answer = await window.wraca.notifications.ask();
  said.textContent = words[answer] || "";
  offer();
});
document.addEventListener("wraca:notifications", offer);
if (window.wraca.notifications) offer();
