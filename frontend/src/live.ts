import { Idiomorph } from "idiomorph";
import { roughly, say } from "./words";

const QUIET = 25_000; // the server sends a heartbeat every ten seconds; two missed and a half is silence
const PACE = 1_000;

/** Change the parts of the page that came anew, keeping focus, selection, open details and what is being typed. */
export function patch(html: string): number {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  let changed = 0;
  for (const next of fresh.querySelectorAll<HTMLElement>("[data-live][id]")) {
    const now = document.getElementById(next.id);
    if (!now || now.outerHTML === next.outerHTML) continue;
    Idiomorph.morph(now, next, {
      morphStyle: "outerHTML",
      ignoreActiveValue: true,
      restoreFocus: true,
      callbacks: {
        beforeAttributeUpdated: (name: string, node: Element) =>
          !(node.tagName === "DETAILS" && name === "open") && !(node.tagName === "ANLAN-CLOCK" && name === "class"),
        beforeNodeMorphed: (old: Node) => !(old instanceof HTMLElement && old.dataset.keep !== undefined && old.contains(document.activeElement)),
      },
    });
    changed += 1;
  }
  return changed;
}

/**
 * `<anlan-live src="/live?topic=…" from="/calls/…?…">`: hears from the server by SSE, fetches the page's live parts at
 * most once a second and only while the page is seen, and says when it last heard.
 */
export class Live extends HTMLElement {
  private source: EventSource | undefined;
  private heard = 0;
  private waiting: number | undefined;
  private missed = false;
  private fetching = false;
  private ticker: number | undefined;
  private over = false;
  private readonly seen = (): void => {
    if (!document.hidden && this.missed) this.refresh();
  };

  connectedCallback(): void {
    this.setAttribute("role", "status");
    this.setAttribute("aria-live", "off");
    this.textContent = say("正在连服务器");
    this.open();
    this.ticker = window.setInterval(() => this.tell(), 1000);
    document.addEventListener("visibilitychange", this.seen);
  }

  disconnectedCallback(): void {
    this.source?.close();
    window.clearInterval(this.ticker);
    window.clearTimeout(this.waiting);
    document.removeEventListener("visibilitychange", this.seen);
  }

  private open(): void {
    const src = this.getAttribute("src");
    if (!src) return;
    this.source = new EventSource(src); // the browser reconnects by itself and sends Last-Event-ID
    const hear = (): void => {
      this.heard = Date.now();
      this.tell();
    };
    this.source.addEventListener("open", hear);
    this.source.addEventListener("beat", hear);
    this.source.addEventListener("changed", () => {
      hear();
      this.refresh();
    });
    this.source.addEventListener("over", () => {
      this.over = true;
      this.source?.close();
      this.refresh();
      this.tell();
    });
  }

  private tell(): void {
    const silent = this.heard ? Date.now() - this.heard : 0;
    const stale = !this.over && this.heard > 0 && silent > QUIET;
    const dead = !this.over && this.source?.readyState === EventSource.CLOSED;
    if (dead) this.reopen();
    this.classList.toggle("live--stale", stale || dead);
    this.setAttribute("aria-live", stale ? "polite" : "off");
    const seconds = Math.floor(silent / 1000);
    const words = this.over
      ? say("已停：这一页不再变了")
      : !this.heard
        ? say("正在连服务器")
        : stale
          ? say("{t}没收到服务器消息了，下面的数可能是旧的。正在重连", { t: roughly(silent / 1000) })
          : seconds < 1
            ? say("刚刚收到服务器消息")
            : say("{n} 秒前收到服务器消息", { n: seconds });
    if (this.textContent !== words) this.textContent = words;
  }

  /** A refused or broken answer ends an EventSource for good: try again, every five seconds. */
  private reopen(): void {
    if (this.waiting !== undefined) return;
    this.waiting = window.setTimeout(() => {
      this.waiting = undefined;
      this.source?.close();
      this.open();
    }, 5000);
  }

  private refresh(): void {
    if (document.hidden) {
      this.missed = true;
      return;
    }
    if (this.fetching) {
      this.missed = true;
      return;
    }
    this.fetching = true;
    this.missed = false;
    const began = Date.now();
    void this.take()
      .catch(() => {
        this.missed = true;
      })
      .finally(() => {
        window.setTimeout(
          () => {
            this.fetching = false;
            if (this.missed && !document.hidden) this.refresh();
          },
          Math.max(0, PACE - (Date.now() - began)),
        );
      });
  }

  private async take(): Promise<void> {
    const url = new URL(this.getAttribute("from") ?? location.href, location.href);
    if (url.pathname === location.pathname) url.search = location.search;
    const answer = await fetch(url, { headers: { "X-Live": "1" }, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    patch(await answer.text());
  }
}

if (!customElements.get("anlan-live")) customElements.define("anlan-live", Live);
