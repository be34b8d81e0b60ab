/** What may be reported already: what the phone keeps, and with a network what the server knows, in one list. */
import { html, type Safe } from "./html";
import { apart, near, spot } from "./place";
import { field } from "./state";
import { ask } from "./sync";
import { say } from "./words";

interface Alike {
  id: string;
  text: string;
  where?: string;
  state_name?: string;
  away?: number | null;
}

const PATIENCE = 500; // ms after the last stroke
const MOST = 5;

let key = "";
let how: "asking" | "told" | "unasked" = "unasked";
let told: Alike[] = [];
let timer: number | undefined;

/** Ask once for each thing that would be sent; the report never waits for it. */
function askServer(body: Record<string, unknown>): void {
  const { lon, lat, ...rest } = body as { lon?: number; lat?: number };
  const round = (n: number | undefined): number | undefined => n && Math.round(n * 5000) / 5000; // about 20 m: a shaking position is one
  const now = JSON.stringify([rest, round(lon), round(lat), navigator.onLine]);
  if (now === key) return;
  key = now;
  window.clearTimeout(timer);
  told = [];
  how = navigator.onLine && field.net !== "offline" ? "asking" : "unasked";
  if (how === "unasked") return;
  const { text, kind, place, where, object, accuracy } = body;
  timer = window.setTimeout(() => {
    void ask("/api/v1/hazards/near", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ text, kind, place: place ?? "", where: where ?? "", object: object ?? null, lon, lat, accuracy }),
    })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        const found = (await answer.json()) as Alike[];
        if (now === key) [told, how] = [found, "told"];
      })
      .catch(() => {
        if (now === key) how = "unasked"; // the page says that only the phone's own list was looked at
      })
      .then(() => field.redraw());
  }, PATIENCE);
}

/** Draw the hazards that may be the one about to be reported; `hazard`: it is one, so the server is asked too. */
export function alike(body: Record<string, unknown>, hazard: boolean): Safe {
  const here = spot && body["lon"] !== undefined ? spot : undefined;
  if (hazard) askServer(body);
  const own: Alike[] = here ? near(here, field.packs.hazards).map((h) => ({ ...h, away: apart(here, h as { lon: number; lat: number }) })) : [];
  const known = hazard ? told : [];
  const all = [...known.map((t) => ({ ...own.find((o) => o.id === t.id), ...t })), ...own.filter((o) => !known.some((t) => t.id === o.id))].slice(0, MOST);
  const note = !hazard || how === "told" ? "" : how === "asking" ? say("正在问服务器别人报过没有，不用等。") : say("没网，只在手机里存的里面找过；别人刚报的可能没有。");
  if (!all.length) return note ? html`<p class="muted" role="status">${note}</p>` : html``;
  return html`<div class="save"><p><b>${say("附近已经有人报过：")}</b></p><ul class="told">${all.map(row)}</ul><p class="muted">${say("是同一个就不用再报；不是，照样报。")} ${note}</p></div>`;
}

function row(one: Alike): Safe {
  const kept = field.packs.hazards.some((h) => h.id === one.id);
  const away = typeof one.away === "number" ? say("离你 {n} 米", { n: Math.round(one.away) }) : "";
  return html`<li>${kept ? html`<a href="#/hazard/${one.id}">${one.text}</a>` : one.text}<span class="muted">${[one.where, away, one.state_name].filter(Boolean).join(say("，"))}</span></li>`;
}
