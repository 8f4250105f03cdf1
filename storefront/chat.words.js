/* What the chat says in three languages, and how it looks. */
export const WORDS = {
  en: {
    open: "Open the chat", unread: "Open the chat, {n} unread", close: "Close the chat", conversation: "Conversation", placeholder: "Write a message", send: "Send",
    attach: "Attach a picture or a PDF", sound: "Sound for new messages", you: "You", here: "We are here and usually answer within minutes.",
    soon: "Write to us. If you leave the page, we can answer by e-mail.", away: "We are back on {when}. Leave a message and we will answer.", closed: "We are away. Leave a message and we will answer.",
    address: "Your e-mail address for our answer (optional)", leave: "Save", why: "Used only to answer this conversation if you are no longer here. It signs you up for nothing.", left: "Thank you. If you leave, our answer will come by e-mail.",
    not_sent: "It was not sent. Please try again.", too_fast: "That was a lot at once. Please wait a moment.", bad_file: "Only pictures (PNG, JPEG, GIF, WebP) and PDF files can be sent.", large_file: "The file is larger than 5 MB.",
    many_files: "No more files can be sent in this conversation.", bad_address: "This does not look like an e-mail address.", unknown: "Please write a message first.", empty: "There is nothing to send yet.", not_open: "The chat is closed.",
  },
  pl: {
    open: "Otwórz czat", unread: "Otwórz czat, nieprzeczytane: {n}", close: "Zamknij czat", conversation: "Rozmowa", placeholder: "Napisz wiadomość", send: "Wyślij",
    attach: "Dołącz zdjęcie lub plik PDF", sound: "Dźwięk nowych wiadomości", you: "Ty", here: "Jesteśmy na miejscu i zwykle odpowiadamy w ciągu kilku minut.",
    soon: "Napisz do nas. Po opuszczeniu strony możemy odpowiedzieć e-mailem.", away: "Wracamy: {when}. Zostaw wiadomość, a odpowiemy.", closed: "Nie ma nas teraz. Zostaw wiadomość, a odpowiemy.",
    address: "Twój adres e-mail do odpowiedzi (opcjonalnie)", leave: "Zapisz", why: "Użyjemy go tylko do odpowiedzi w tej rozmowie, jeśli Cię tu już nie będzie. Nie zapisuje do żadnej listy.", left: "Dziękujemy. Po opuszczeniu strony odpowiedź przyjdzie e-mailem.",
    not_sent: "Nie udało się wysłać. Spróbuj ponownie.", too_fast: "To dużo naraz. Poczekaj chwilę.", bad_file: "Można wysłać tylko zdjęcia (PNG, JPEG, GIF, WebP) i pliki PDF.", large_file: "Plik jest większy niż 5 MB.",
    many_files: "W tej rozmowie nie można wysłać więcej plików.", bad_address: "To nie wygląda na adres e-mail.", unknown: "Najpierw napisz wiadomość.", empty: "Nie ma jeszcze czego wysłać.", not_open: "Czat jest zamknięty.",
  },
  bg: {
    open: "Отворете чата", unread: "Отворете чата, непрочетени: {n}", close: "Затворете чата", conversation: "Разговор", placeholder: "Напишете съобщение", send: "Изпращане",
    attach: "Прикачете снимка или PDF", sound: "Звук при нови съобщения", you: "Вие", here: "На линия сме и обикновено отговаряме до няколко минути.",
    soon: "Пишете ни. Ако напуснете страницата, можем да отговорим по имейл.", away: "Ще бъдем тук отново: {when}. Оставете съобщение и ще отговорим.", closed: "В момента ни няма. Оставете съобщение и ще отговорим.",
    address: "Вашият имейл адрес за отговора (по желание)", leave: "Запазване", why: "Използва се само за отговор в този разговор, ако вече не сте тук. Не Ви записва за нищо.", left: "Благодарим. Ако напуснете страницата, отговорът ще дойде по имейл.",
    not_sent: "Съобщението не беше изпратено. Моля, опитайте отново.", too_fast: "Твърде много наведнъж. Моля, изчакайте малко.", bad_file: "Могат да се изпращат само снимки (PNG, JPEG, GIF, WebP) и PDF файлове.", large_file: "Файлът е по-голям от 5 MB.",
    many_files: "В този разговор не могат да се изпращат повече файлове.", bad_address: "Това не прилича на имейл адрес.", unknown: "Моля, първо напишете съобщение.", empty: "Още няма какво да се изпрати.", not_open: "Чатът е затворен.",
  },
};

export const CSS = `
:host{all:initial;color-scheme:light dark}
.box{--ink:#1d2433;--soft:#566074;--paper:#fff;--line:#d9dce3;--act:#1f6f5c;--on:#fff;--mine:#dff1ec;--theirs:#f0f1f4;position:fixed;bottom:1rem;z-index:2147483000;font:16px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--ink)}
@media(prefers-color-scheme:dark){.box{--ink:#e9ebf0;--soft:#aab2c2;--paper:#1d212a;--line:#39404d;--act:#6cc7b0;--on:#0d1512;--mine:#1f4238;--theirs:#2a303b}}
.right{right:1rem}.left{left:1rem}
*{box-sizing:border-box}[hidden]{display:none!important}
button,input,textarea{font:inherit;color:inherit}
button{cursor:pointer;border:0;border-radius:.6rem;background:none;padding:.45rem .7rem;min-height:2.5rem}
.launch{position:relative;display:block;width:3.5rem;height:3.5rem;border-radius:50%;background:var(--act);padding:0;box-shadow:0 .4rem 1.4rem rgb(0 0 0/.25)}
.right .launch{margin-left:auto}.launch svg{width:1.6rem;height:1.6rem;fill:var(--on);vertical-align:middle}
.badge{position:absolute;top:-.2rem;right:-.2rem;min-width:1.4rem;height:1.4rem;padding:0 .3rem;border-radius:.7rem;background:#b3261e;color:#fff;font-size:.8rem;font-weight:700;line-height:1.4rem;text-align:center}
.panel{display:flex;flex-direction:column;width:min(23rem,calc(100vw - 2rem));height:min(34rem,calc(100vh - 7rem));margin-bottom:.75rem;background:var(--paper);border:1px solid var(--line);border-radius:1rem;box-shadow:0 1rem 3rem rgb(0 0 0/.22);overflow:hidden}
header{display:flex;align-items:center;justify-content:space-between;padding:.5rem .5rem 0 1rem}h2{font-size:1.05rem;margin:0;overflow-wrap:anywhere}.close{font-size:1.5rem;line-height:1;padding:.2rem .7rem}
.state{margin:0;padding:0 1rem .6rem;color:var(--soft);font-size:.88rem;border-bottom:1px solid var(--line)}
.log{flex:1;overflow-y:auto;padding:.8rem 1rem;display:flex;flex-direction:column;gap:.5rem;min-height:6rem}
.line{max-width:85%;padding:.5rem .75rem;border-radius:.9rem;white-space:pre-wrap;overflow-wrap:anywhere}.mine{align-self:flex-end;background:var(--mine)}.theirs{align-self:flex-start;background:var(--theirs)}
.attached{text-decoration:underline;padding:0;min-height:0;text-align:left;overflow-wrap:anywhere}
.note{margin:0;padding:0 1rem;color:var(--ink);font-size:.88rem}.note:empty{display:none}
.say,.leave{padding:.6rem 1rem;border-top:1px solid var(--line)}.leave label{font-size:.9rem;font-weight:600}.why{margin:.3rem 0 0;color:var(--soft);font-size:.82rem}
textarea,input[type=email]{width:100%;padding:.5rem .7rem;border:1px solid var(--soft);border-radius:.6rem;background:var(--paper);resize:none}
.row{display:flex;gap:.4rem;align-items:center;margin-top:.4rem}.send{background:var(--act);color:var(--on);font-weight:600}.say .send{margin-left:auto}
.plain svg{display:block;width:1.35rem;height:1.35rem;fill:var(--soft)}.plain[aria-pressed=true] svg{fill:var(--act)}.file{position:absolute;width:1px;height:1px;opacity:0;pointer-events:none}
.card{width:min(20rem,calc(100vw - 2rem));margin-bottom:.75rem;padding:1rem;background:var(--paper);border:1px solid var(--line);border-radius:1rem;box-shadow:0 .6rem 2rem rgb(0 0 0/.2)}.card p{margin:.3rem 0 0}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
:focus-visible{outline:3px solid var(--act);outline-offset:2px}.launch:focus-visible{outline-color:var(--ink)}
@media(max-width:26rem){.box.right{right:.75rem}.box.left{left:.75rem}.panel{width:calc(100vw - 1.5rem);height:calc(100vh - 6rem);height:calc(100dvh - 6rem)}}
`;
