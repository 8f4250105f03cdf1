// What a shop pastes into its pages: the cart the visitor asked for may be remembered, nothing else.
const settings = JSON.parse(document.getElementById("settings").textContent);
window.wraca = [["load", settings.key, { host: settings.wraca, consent: "necessary" }]];
