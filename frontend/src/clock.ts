import { lasting, roughly, say } from "./words";

const SOON = 3600;
const clocks = new Set<Clock>();
let ticking: number | undefined;

/** How a deadline is shown at an instant: its urgency and its words. */
export function deadline(due: number, now: number): { urgency: "" | "soon" | "late"; words: string | null } {
  const left = (due - now) / 1000;
  if (left < 0) return { urgency: "late", words: say("超时 {t}", { t: roughly(left) }) };
  if (left < SOON) return { urgency: "soon", words: say("还剩 {t}", { t: left < 600 ? lasting(left) : roughly(left) }) };
  return { urgency: "", words: null };
}

/** `<anlan-clock data-due>` counts down to a deadline, `data-since` counts up. Its words come from the server first. */
export class Clock extends HTMLElement {
  connectedCallback(): void {
    clocks.add(this);
    ticking ??= window.setInterval(() => clocks.forEach((c) => c.tick(Date.now())), 1000);
    this.tick(Date.now());
  }

  disconnectedCallback(): void {
    clocks.delete(this);
    if (clocks.size === 0) {
      window.clearInterval(ticking);
      ticking = undefined;
    }
  }

  tick(now: number): void {
    const shown = this.querySelector("time");
    if (!shown) return;
    if (this.dataset.since) {
      const words = `${this.dataset.before ?? ""} ${lasting((now - Date.parse(this.dataset.since)) / 1000)}`.trim();
      if (shown.textContent !== words) shown.textContent = words;
      return;
    }
    if (!this.dataset.due) return;
    const { urgency, words } = deadline(Date.parse(this.dataset.due), now);
    this.classList.toggle("clock--soon", urgency === "soon");
    this.classList.toggle("clock--late", urgency === "late");
    if (words !== null && shown.textContent !== words) shown.textContent = words;
    const use = this.querySelector("use");
    const href = use?.getAttribute("href")?.replace(/#.*/, `#i-clock${urgency ? `-${urgency}` : ""}`);
    if (use && href && use.getAttribute("href") !== href) use.setAttribute("href", href);
  }
}

if (!customElements.get("anlan-clock")) customElements.define("anlan-clock", Clock);
