/** On every desk page: htmx without eval or inline style, clocks, the live stream. */
import htmx from "htmx.org";
import "./clock";
import "./live";
import { say } from "./words";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.historyCacheSize = 0;
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "4(09|22)", swap: true, error: false },
  { code: "[45]..", swap: false, error: true },
];

const cookie = (name: string): string => document.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`))?.[1] ?? "";

document.addEventListener("htmx:configRequest", (event) => {
  (event as CustomEvent<{ headers: Record<string, string> }>).detail.headers["X-CSRFToken"] = cookie("csrftoken");
});

function complain(why: string): void {
  let box = document.querySelector<HTMLElement>(".toasts");
  if (!box) {
    box = document.createElement("div");
    box.className = "toasts";
    box.setAttribute("role", "status");
    document.querySelector(".main__inner, main")?.prepend(box);
  }
  const line = document.createElement("p");
  line.className = "toast toast--error";
  line.textContent = say("没办成：{why}。你填的还在，再试一次。", { why });
  box.replaceChildren(line);
  line.scrollIntoView({ block: "nearest" });
}

document.addEventListener("htmx:responseError", (event) => {
  complain(say("服务器答了 {n}", { n: (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail.xhr.status }));
});
document.addEventListener("htmx:sendError", () => complain(say("连不上服务器")));

/** A form in error says so at once to whoever cannot see it. */
document.querySelector<HTMLElement>(".errors[tabindex]")?.focus();

/** Filters apply themselves; without scripts the button does it. */
document.addEventListener("change", (event) => {
  const control = event.target as HTMLElement;
  if (control.tagName === "SELECT") control.closest<HTMLFormElement>("form.filters[data-auto]")?.requestSubmit();
});

/** Print is a button that needs a script; it is hidden until one runs. */
document.querySelectorAll<HTMLButtonElement>("[data-print]").forEach((button) => {
  button.hidden = false;
});
document.addEventListener("click", (event) => {
  if ((event.target as HTMLElement).closest("[data-print]")) window.print();
});

/** A menu of a <details> closes when something else is pressed, and on Escape. */
document.addEventListener("click", (event) => {
  document.querySelectorAll<HTMLDetailsElement>("details.more__menu[open]").forEach((menu) => {
    if (!menu.contains(event.target as Node)) menu.open = false;
  });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll<HTMLDetailsElement>("details.more__menu[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
});
