/** 设置: size of the letters, light or dark, language, what the phone keeps, installing, signing out. */
import { act, complain, screen, signInAddress } from "../app";
import { html, icon } from "../html";
import { at } from "../parts";
import { field } from "../state";
import { say } from "../words";
import { install, installable, keptOffline } from "../worker";

const LOOK = "anlan-field-look";
export interface Look {
  big?: boolean;
  theme?: "" | "light" | "dark";
  lang?: string;
}

export function look(): Look {
  try {
    return (JSON.parse(localStorage.getItem(LOOK) ?? "{}") as Look | null) ?? {};
  } catch {
    return {};
  }
}

/** Show the page as its reader wants it; called before the first drawing. */
export function dress(): void {
  const root = document.documentElement;
  const { big, theme, lang } = look();
  if (lang) root.lang = lang;
  if (big) root.dataset["big"] = "";
  else delete root.dataset["big"];
  if (theme) root.dataset["theme"] = theme;
  else delete root.dataset["theme"];
}

function wear(change: Look): void {
  try {
    localStorage.setItem(LOOK, JSON.stringify({ ...look(), ...change }));
  } catch {
    return complain(say("手机满了，设置存不下。"));
  }
  dress();
  field.redraw();
}

let firm = false;
async function measure(): Promise<void> {
  firm = (await navigator.storage?.persisted?.()) ?? false;
  await field.measure();
  field.redraw();
}
const mb = (bytes: number): string => (bytes < 1e9 ? `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB` : `${(bytes / 1e9).toFixed(0)} GB`);

const LOW = [10, 20, 50];

const choice = (name: string, on: boolean, words: string, arg: string) =>
  html`<button class="btn" type="button" data-do="${name}" data-arg="${arg}" aria-pressed="${on ? "true" : "false"}">${words}</button>`;

screen(
  "settings",
  () => {
    const { big, theme = "", lang = document.documentElement.lang } = look();
    const waits = field.waits().length;
    const leaving = field.draft("leaving")["sure"] === true;
    return {
      title: say("设置"),
      back: "#/home",
      body: html`${field.me ? html`<p><b>${field.me.name}</b><br><span class="muted">${[field.me.posts?.map((p) => p.title).join(say("，")), field.where()].filter(Boolean).join(say("，"))}</span></p>` : html`<p>${say("还没登录。")}</p><a class="btn btn--primary btn--big" href="${signInAddress()}">${say("去登录")}</a>`}
<h2>${say("字")}</h2><div class="pair2">${choice("big", !big, say("一般"), "")}${choice("big", Boolean(big), say("大字"), "1")}</div>
<h2>${say("亮和暗")}</h2><div class="three">${choice("theme", theme === "", say("跟手机"), "")}${choice("theme", theme === "light", say("亮"), "light")}${choice("theme", theme === "dark", say("暗"), "dark")}</div>
<h2>${say("语言")}</h2><div class="pair2">${choice("lang", !lang.startsWith("en"), "中文", "zh-CN")}${choice("lang", lang.startsWith("en"), "English", "en")}</div>
<h2>${say("没网也能用")}</h2>
<p>${keptOffline() ? say("这一页存好了，没网也能打开。") : say("还没存好，有网的时候等一会儿。")}${field.asOf ? ` ${say("手机里的名单是 {t} 从服务器拿的。", { t: at(field.asOf) })}` : ""}</p>
${installable() ? html`<button class="btn btn--big" type="button" data-do="install">${icon("download")}${say("装到桌面")}</button>` : html`<p class="muted">${say("装到桌面：点浏览器的菜单，选「添加到主屏幕」。")}</p>`}
${field.room ? html`<p class="muted">${say("手机里用了 {used}，还能用 {whole}。", { used: mb(field.room.used), whole: mb(field.room.left) })} ${firm ? say("手机满了也不会清掉。") : ""}</p>${firm ? "" : html`<button class="btn btn--big" type="button" data-do="firm">${say("别让手机清掉")}</button>`}
<p id="low-words">${say("剩多少时提醒，照片也缩得更小")}</p><div class="three" role="group" aria-labelledby="low-words">${LOW.map((n) => choice("low", field.lowMb === n, `${n} MB`, String(n)))}</div>` : ""}
<a class="btn btn--big" href="#/outbox">${icon("send")}${say("存着的")}</a>
<a class="btn btn--big" href="/settings/reminders">${icon("sound")}${say("响铃提醒")}</a>
${field.me ? html`<h2>${say("退出")}</h2>${leaving ? html`<p class="save" role="alert">${waits ? say("还有 {n} 条没发出去。退出以后封在这部手机里，你再登录才发。", { n: waits }) : say("退出以后，手机里存的名单和要办的事都删掉。")}</p>` : ""}<button class="btn btn--big btn--danger" type="button" data-do="leave">${leaving ? say("真的退出") : say("退出登录")}</button>` : ""}
<p class="muted">${say("版本 {v}", { v: document.body.dataset["version"] ?? "" })}</p>`,
    };
  },
  () => {
    void field.dropDraft("leaving");
    void measure();
  },
);

act("big", (arg) => wear({ big: arg === "1" }));
act("theme", (arg) => wear({ theme: arg as "" | "light" | "dark" }));
act("lang", (arg) => {
  wear({ lang: arg });
  document.cookie = `django_language=${arg === "en" ? "en" : "zh-hans"}; path=/; max-age=31536000; samesite=lax`; // what the server says, too
  field.afresh();
});
act("low", (arg) => field.warnUnder(Number(arg)));
act("install", () => install());
act("firm", async () => {
  if (!(await navigator.storage.persist())) complain(say("浏览器没答应。装到桌面以后再点一次。"));
  await measure();
});
act("leave", async () => {
  if (field.draft("leaving")["sure"] !== true) {
    await field.write("leaving", { sure: true });
    field.redraw();
    return;
  }
  await field.dropDraft("leaving");
  await field.signOut();
  field.send(); // tells the server now, or as soon as there is a network
  location.hash = "/home";
});
