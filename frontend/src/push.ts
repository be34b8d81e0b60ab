/** Lets this browser ring. Desk: <anlan-push data-key data-to>; the public page adds data-off, data-where. */
import { say } from "./words";

const WORKER = "/sw.js";
const KEPT = "anlan-push"; // which places this browser rings for, on the public page: path → least level

const possible = (): boolean => "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

function bytes(key: string): Uint8Array<ArrayBuffer> {
  const plain = atob(key.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(key.length / 4) * 4, "="));
  const made = new Uint8Array(new ArrayBuffer(plain.length));
  for (let i = 0; i < plain.length; i++) made[i] = plain.charCodeAt(i);
  return made;
}

const cookie = (name: string): string => document.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`))?.[1] ?? "";

async function post(to: string, body: unknown): Promise<void> {
  const answer = await fetch(to, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": cookie("csrftoken") },
    body: JSON.stringify(body),
  });
  if (answer.ok) return;
  const said = (await answer.json().catch(() => ({}))) as { error?: string; detail?: string };
  throw new Error(said.error ?? said.detail ?? say("服务器答了 {n}", { n: answer.status }));
}

/** Subscribe under the server's key; a subscription under another key (an older installation's) is given up first. */
export async function subscription(key: string): Promise<PushSubscription> {
  const registration = await navigator.serviceWorker.register(WORKER, { scope: "/" });
  await navigator.serviceWorker.ready;
  const wanted = bytes(key);
  const held = await registration.pushManager.getSubscription();
  const under = held?.options.applicationServerKey;
  if (held && under && same(new Uint8Array(under), wanted)) return held;
  await held?.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: wanted });
}

const same = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i]);

export function guess(agent: string): string {
  const systems: [RegExp, string][] = [
    [/HarmonyOS|OpenHarmony/, say("鸿蒙手机")],
    [/Android/, say("安卓手机")],
    [/iPhone/, say("苹果手机")],
    [/iPad|Macintosh.*Mobile/, say("苹果平板")],
    [/Macintosh/, say("苹果电脑")],
    [/Windows|Linux/, say("电脑")],
  ];
  const browsers: [RegExp, string][] = [
    [/Edg/, "Edge"],
    [/Firefox/, "Firefox"],
    [/Chrome/, "Chrome"],
    [/Safari/, "Safari"],
  ];
  const first = (list: [RegExp, string][]): string => list.find(([pattern]) => pattern.test(agent))?.[1] ?? "";
  return [first(systems), first(browsers)].filter(Boolean).join(" · ");
}

export function remembered(): Record<string, string> {
  try {
    return (JSON.parse(localStorage.getItem(KEPT) ?? "{}") ?? {}) as Record<string, string>;
  } catch {
    return {};
  }
}

class Push extends HTMLElement {
  connectedCallback(): void {
    if (!possible()) return;
    this.hidden = false;
    document.querySelectorAll<HTMLElement>("[data-push-off]").forEach((line) => (line.hidden = true));
    const name = this.querySelector<HTMLInputElement>("input[id]");
    if (name && !name.value && name.type === "text") name.value = guess(navigator.userAgent);
    this.on?.addEventListener("click", () => void this.run(() => this.turnOn()));
    this.off?.addEventListener("click", () => void this.run(() => this.turnOff()));
    this.show();
  }

  private get on(): HTMLButtonElement | null {
    return this.querySelector("[data-on]");
  }
  private get off(): HTMLButtonElement | null {
    return this.querySelector("[data-off-button]");
  }
  private get where(): string {
    return this.dataset.where ?? "";
  }
  private get least(): string {
    return this.querySelector<HTMLInputElement>("input[name=least]:checked")?.value ?? "";
  }

  /** On the public page: say whether this browser rings for this place already. */
  private show(): void {
    if (!this.where) return;
    const kept = remembered()[this.where];
    if (this.off) this.off.hidden = kept === undefined || Notification.permission !== "granted";
    const chosen = kept && this.querySelector<HTMLInputElement>(`input[name=least][value="${CSS.escape(kept)}"]`);
    if (chosen) chosen.checked = true;
  }

  private say(words: string): void {
    const line = this.querySelector("[data-said]");
    if (line) line.textContent = words;
  }

  private async run(act: () => Promise<void>): Promise<void> {
    const buttons = this.querySelectorAll<HTMLButtonElement>("button");
    buttons.forEach((button) => (button.disabled = true));
    try {
      await act();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.say(say("没打开：{why}", { why }));
    } finally {
      buttons.forEach((button) => (button.disabled = false));
    }
  }

  private async turnOn(): Promise<void> {
    this.say(say("浏览器会问你许不许，选「允许」。"));
    if ((await Notification.requestPermission()) !== "granted") {
      this.say(say("浏览器不许响。到浏览器的设置里把这个网站的通知打开，再来一次。"));
      return;
    }
    const held = await subscription(this.dataset.key ?? "");
    const name = this.querySelector<HTMLInputElement>("input[type=text], input:not([type])")?.value ?? "";
    await post(this.dataset.to ?? "", {
      subscription: held.toJSON(),
      name,
      least: this.least,
      lang: document.documentElement.lang,
    });
    if (!this.where) {
      location.reload();
      return;
    }
    localStorage.setItem(KEPT, JSON.stringify({ ...remembered(), [this.where]: this.least }));
    this.show();
    this.say(say("打开了。有预警、预警变了、解除了，这台设备都会响。"));
  }

  private async turnOff(): Promise<void> {
    const registration = await navigator.serviceWorker.getRegistration("/");
    const held = await registration?.pushManager.getSubscription();
    if (held) await post(this.dataset.off ?? "", { endpoint: held.endpoint });
    const { [this.where]: _gone, ...left } = remembered();
    localStorage.setItem(KEPT, JSON.stringify(left));
    this.show();
    this.say(say("关掉了，这里的预警不会再响。"));
  }
}

customElements.define("anlan-push", Push);
