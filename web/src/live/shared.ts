// One stream for all tabs of a browser: the tab that holds the lock follows it and tells the others. When it is closed, another
// one takes the lock, and follows on.
import { session } from "../api/client";
import { alone } from "../api/lock";
import { answerInPage, isDemo } from "../demo/mode";
import { type Event, type Follower, follow } from "./stream";

type Told = { event: Event } | { reload: true } | { connected: boolean } | { asked: true };

/** Tells `follower` everything that happens to whoever is signed in, until `stop`. */
export function shared(follower: Follower, stop: AbortSignal): void {
  if (isDemo) {
    void follow((_, signal) => answerInPage(new Request("/api/v1/me/stream", { signal })), follower, stop);
    return;
  }
  const tabs = new BroadcastChannel("campanile-live");
  let leading = false;
  let connected = false;
  const tell = (told: Told): void => {
    tabs.postMessage(told);
  };
  tabs.onmessage = ({ data }: MessageEvent<Told>) => {
    if ("event" in data) follower.event(data.event);
    else if ("reload" in data) follower.reload();
    else if ("connected" in data) follower.connected(data.connected);
    else if (leading) tell({ connected });
  };
  tell({ asked: true });
  stop.addEventListener("abort", () => tabs.close(), { once: true });

  const lead = async (): Promise<void> => {
    leading = true;
    // The tab that led before may have been told something that it could not pass on.
    follower.reload();
    const both: Follower = {
      event: (event) => (follower.event(event), tell({ event })),
      reload: () => (follower.reload(), tell({ reload: true })),
      connected: (yes) => {
        if (yes === connected) return;
        connected = yes;
        follower.connected(yes);
        tell({ connected: yes });
      },
    };
    await follow(open, both, stop);
  };
  void alone("campanile-live", lead, stop).catch((error: unknown) => {
    if (!stop.aborted) throw error;
  });
}

async function open(position: string | undefined, stop: AbortSignal): Promise<Response> {
  const token = await session.token();
  const headers = new Headers(position === undefined ? {} : { "last-event-id": position });
  if (token) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch("/api/v1/me/stream", { headers, signal: stop, cache: "no-store" });
  // Revoked, or the clock is wrong: the next attempt comes with another token, or finds that nobody is signed in any more.
  if (response.status === 401) await session.renew(token);
  return response;
}
