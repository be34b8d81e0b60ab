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
  onerror: ((event: { error?: string }) => void) | null;
}
const world = window as unknown as { SpeechRecognition?: new () => Listener; webkitSpeechRecognition?: new () => Listener };

/** Whether this browser can hear at all; it often needs a network for it. */
export const hears = (): boolean => Boolean(world.SpeechRecognition ?? world.webkitSpeechRecognition) && navigator.onLine;

let ear: Listener | undefined;
export const listening = (): boolean => ear !== undefined;

export type Ending = "heard" | "nothing" | "forbidden" | "unreachable";

/** Listen once; press again to stop. `heard` gets the words, `over` is called at the end and told how it went. */
export function listen(heard: (words: string) => void, over: (how: Ending) => void): void {
  if (ear) {
    ear.stop();
    return;
  }
  const Ear = world.SpeechRecognition ?? world.webkitSpeechRecognition;
  if (!Ear) return over("nothing");
  let how: Ending = "nothing";
  let stopped = false;
  ear = new Ear();
  ear.lang = document.documentElement.lang || "zh-CN";
  ear.continuous = false;
  ear.interimResults = false;
  ear.onresult = (event): void => {
    for (let i = event.resultIndex; i < event.results.length; i++) {
      const words = event.results[i]?.[0]?.transcript ?? "";
      if (words) how = "heard";
      heard(words);
    }
  };
  ear.onerror = ({ error }): void => {
    if (error === "aborted") stopped = true;
    else if (error === "not-allowed" || error === "audio-capture") how = "forbidden";
    else if (error === "network" || error === "service-not-allowed") how = "unreachable";
  };
  ear.onend = (): void => {
    ear = undefined;
    over(stopped ? "heard" : how);
  };
  try {
    ear.start();
  } catch {
    ear = undefined;
    over("unreachable");
  }
}
