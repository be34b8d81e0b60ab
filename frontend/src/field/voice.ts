/** A sentence by voice, where the browser can hear. */
interface Heard {
  results: ArrayLike<ArrayLike<{ transcript: string }> & { isFinal: boolean }>;
  resultIndex: number;
}
interface Listener {
  lang: string;
  continuous: boolean;
  interimResults: boolean;
  start(): void;
  stop(): void;
  onresult: ((event: Heard) => void) | null;
  onend: (() => void) | null;
  onerror: (() => void) | null;
}
const world = window as unknown as { SpeechRecognition?: new () => Listener; webkitSpeechRecognition?: new () => Listener };

/** Whether this browser can hear at all; it often needs a network for it. */
export const hears = (): boolean => Boolean(world.SpeechRecognition ?? world.webkitSpeechRecognition) && navigator.onLine;

let ear: Listener | undefined;
export const listening = (): boolean => ear !== undefined;

/** Listen once; press again to stop. `heard` gets the words, `over` is called at the end: true where nothing was understood. */
export function listen(heard: (words: string) => void, over: (failed: boolean) => void): void {
  if (ear) {
    ear.stop();
    return;
  }
  const Ear = world.SpeechRecognition ?? world.webkitSpeechRecognition;
  if (!Ear) return over(true);
  let failed = false;
  ear = new Ear();
  ear.lang = document.documentElement.lang || "zh-CN";
  ear.continuous = false;
  ear.interimResults = false;
  ear.onresult = (event): void => {
    for (let i = event.resultIndex; i < event.results.length; i++) heard(event.results[i]?.[0]?.transcript ?? "");
  };
  ear.onerror = (): void => {
    failed = true;
  };
  ear.onend = (): void => {
    ear = undefined;
    over(failed);
  };
  ear.start();
}
