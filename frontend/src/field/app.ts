/** Screens by the address's hash, so that the back key works; acts by delegation, so that a redraw loses none. */
import { html, icon, lay, type Safe } from "./html";
import { field } from "./state";
import { say } from "./words";
import { newVersion, takeOver } from "./worker";

export interface Shown {
  title: string;
  body: Safe;
  back?: string;
  hideTitle?: boolean;
  mark?: string;
}

type Screen = (args: string[]) => Shown | undefined;
type Act = (arg: string, at: HTMLElement) => void | Promise<void>;

const screens = new Map<string, Screen>();
const acts = new Map<string, Act>();
const inputs = new Map<string, (value: string, at: HTMLInputElement) => void | Promise<void>>();
const picks = new Map<string, (files: File[], at: HTMLInputElement) => void | Promise<void>>();
const arrivals = new Map<string, (args: string[]) => void>();

export const screen = (name: string, draw: Screen, arrive?: (args: string[]) => void): void => {
  screens.set(name, draw);
  if (arrive) arrivals.set(name, arrive);
};
export const act = (name: string, does: Act): void => void acts.set(name, does);
export const input = (name: string, does: (value: string, at: HTMLInputElement) => void | Promise<void>): void => void inputs.set(name, does);
export const pick = (name: string, does: (files: File[], at: HTMLInputElement) => void | Promise<void>): void => void picks.set(name, does);

export function go(address: string, replace = false): void {
  if (replace) {
    history.replaceState(null, "", `#${address}`);
    moved();
  } else location.hash = address;
}

/** What went wrong in words, shown above the screen until the next one. */
let trouble = "";
export function complain(words: string): void {
  trouble = words;
  draw();
  document.querySelector(".errors")?.scrollIntoView({ block: "nearest" });
}

let shown = "";
const here = (): string[] => (location.hash.replace(/^#\/?/, "") || "home").split("/").map(decodeURIComponent);

function net(): Safe {
  const waits = field.waits().length;
  const stuck = field.stuck().length;
  const line = (bold: string, rest: string, mark: string, to = ""): Safe =>
    html`<p class="net${mark === "offline" ? "" : " net--on"}" role="status">${icon(mark)}<span><b>${bold}</b>${rest}${to ? html` <a href="${to}">${to.startsWith("#") ? say("看一看") : say("去登录")}</a>` : ""}</span></p>`;
  if (field.broken === "full")
    return line(say("手机满了，存不下。"), say("写的还在这一页上，别关；正在直接发出去。"), "st-late");
  if (field.net === "signin")
    return line(say("要重新登录。"), waits ? say("{n} 条都存着，登录了就发。", { n: waits }) : say("写的都存着。"), "lock", signInAddress());
  if (stuck) return line(say("{n} 条没收进去。", { n: stuck }), say("要你看一眼。"), "st-late", "#/outbox");
  if (field.net === "offline" || !navigator.onLine)
    return line(say("没网。"), waits ? say("{n} 条存好了，有网自动发。", { n: waits }) : say("照样能用，存在手机里。"), "offline");
  if (waits) return line(say("正在发。"), say("{n} 条存好了。", { n: waits }), "send");
  return html``;
}

export const signInAddress = (): string => "/accounts/login/?next=/field";

function notes(): Safe {
  const off = field.clockOff();
  const sealed = field.sealed();
  return html`${newVersion() ? html`<div class="toast" role="status"><span>${say("有新版本。")}</span><button class="toast__act" type="button" data-do="new-version">${say("点一下换上")}</button></div>` : ""}${trouble ? html`<div class="errors" role="alert"><p>${trouble}</p></div>` : ""}
${lowOn()}
${off ? html`<p class="muted">${say(off > 0 ? "手机的钟快了 {t}，记的时间会按服务器的改正。" : "手机的钟慢了 {t}，记的时间会按服务器的改正。", { t: lengthOf(off) })}</p>` : ""}
${sealed ? html`<p class="muted">${say("这部手机上还有别的账号写的 {n} 条，封着，等那个人登录了才发。", { n: sealed })}</p>` : ""}`;
}

/** Words come first, so they always fit; what has no room is photos. */
function lowOn(): Safe {
  if (field.broken === "full") return html``;
  if (field.full) return html`<p class="save" role="status">${say("手机快满了。写的字都存得下；照片可能存不下，删点别的再拍。")}</p>`;
  if (!field.room?.low) return html``;
  return html`<p class="${["home", "settings"].includes(here()[0] ?? "") ? "save" : "muted"}" role="status">${say("手机只剩 {n} MB 了。写的字都存得下，照片会缩得更小再存；有空删点别的。", { n: Math.floor(field.room.left / 1e6) })}</p>`;
}

const lengthOf = (ms: number): string => {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 120) return say("{n} 分钟", { n: minutes });
  return minutes < 2880 ? say("{n} 小时", { n: Math.round(minutes / 60) }) : say("{n} 天", { n: Math.round(minutes / 1440) });
};

/** Draw the screen of the address. */
export function draw(): void {
  const root = document.getElementById("app");
  if (!root) return;
  const [name = "home", ...args] = here();
  const made = (screens.get(name) ?? screens.get("home"))?.(args) ?? screens.get("home")?.([]);
  if (!made) return;
  document.title = `${made.title} · 安澜`;
  const head = made.back
    ? html`<a class="fhead__back" href="${made.back}">${icon("arrow-l")}${say("返回")}</a>`
    : html`<span class="brand">${icon("mark")}安澜</span>`;
  lay(
    root,
    html`<header class="fhead">${head}${field.me ? html`<a class="fhead__where" href="#/settings">${field.where() || field.me.name}</a>` : html`<a class="fhead__where" href="#/settings">${say("设置")}</a>`}</header>
<div class="netbox">${net()}</div>
<main class="hand__body" id="main" tabindex="-1">${notes()}
<h1 id="h"${made.hideTitle ? html` class="hide-visually"` : made.mark ? html` class="withicon"` : ""}>${made.mark ? icon(made.mark) : ""}${made.title}</h1>
${made.body}</main>`,
  );
}

function moved(): void {
  const at = here().join("/");
  if (at === shown) return draw();
  shown = at;
  trouble = "";
  const [name = "home", ...args] = here();
  arrivals.get(name)?.(args);
  draw();
  window.scrollTo(0, 0);
  document.getElementById("main")?.focus({ preventScroll: true });
}

let drawing = 0;
/** Draw soon: many changes cost one redraw. */
export function soon(): void {
  if (!drawing)
    drawing = requestAnimationFrame(() => {
      drawing = 0;
      draw();
    });
}

/** Run what a hand asked for; a button is not pressed twice while it works, and what fails is said. */
async function run(does: () => void | Promise<void>, at?: HTMLElement): Promise<void> {
  const button = at instanceof HTMLButtonElement ? at : undefined;
  if (button) {
    button.disabled = true;
    trouble = ""; // another press: what was wrong before is no news
  }
  try {
    await does();
  } catch (error) {
    complain(say("没办成：{why}。你填的还在，再试一次。", { why: error instanceof Error ? error.message : String(error) }));
  } finally {
    if (button) button.disabled = false;
  }
}

export function begin(): void {
  act("new-version", takeOver);
  document.addEventListener("click", (event) => {
    const at = (event.target as Element).closest<HTMLElement>("[data-do]");
    const does = at && acts.get(at.dataset["do"] ?? "");
    if (!at || !does) return;
    event.preventDefault();
    void run(() => does(at.dataset["arg"] ?? "", at), at);
  });
  const typed = (event: Event): void => {
    const at = event.target as HTMLInputElement;
    if (at.type === "file") {
      const does = picks.get(at.dataset["pick"] ?? "");
      const files = Array.from(at.files ?? []);
      if (event.type === "change" && does && files.length) void run(() => does(files, at)).then(() => (at.value = ""));
      return;
    }
    const does = inputs.get(at.dataset["in"] ?? "");
    if (does) void run(() => does(at.type === "checkbox" ? (at.checked ? at.value || "1" : "") : at.value, at));
  };
  document.addEventListener("input", typed);
  document.addEventListener("change", (event) => {
    const at = event.target as HTMLInputElement;
    if (at.type === "file") typed(event);
  });
  document.addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("hashchange", moved);
  field.redraw = soon;
  moved();
}
