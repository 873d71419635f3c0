// Server-sent events over fetch, because a browser's EventSource cannot send a token in a header, and one in a URL is logged.
import { type Way, addressOf, another, leaving, refusalOf, send, tokenOf } from "./http.js";
import { type Message, Parser } from "./parser.js";
import { type Places, placeIn, written } from "./places.js";
import { Left, type Transport, type Why, type Word } from "./word.js";

/** Follows by `GET /api/v1/stream`. Another set of streams is another connection. */
export function overEvents(way: Way): Transport {
  addressOf(way);
  return (places, stop) => words(way, places, stop);
}

async function* words(way: Way, places: Places, stop: AbortSignal): AsyncGenerator<Word> {
  const token = await tokenOf(way);
  const since = written(places);
  const query = [...places.keys()].map((stream) => (stream === "me" ? "me=1" : `room=${encodeURIComponent(stream)}`)).join("&");
  const headers = since === undefined ? {} : { "last-event-id": since };
  const response = await send(way, `/api/v1/stream?${query}`, token, { headers, signal: stop, cache: "no-store" });
  if (response.status === 401) throw await another(way, token, "not signed in");
  if (response.status === 404) throw await lost(way, places, token, stop);
  if (!response.ok || !response.body) throw leaving(await refusalOf(response));
  // Whoever resumes where nothing has happened hears nothing for a while.
  yield { word: "open" };
  for (const stream of places.keys()) yield { word: "on", stream };
  const parser = new Parser();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  // A body that is not the platform's own may not know of the signal.
  stop.addEventListener("abort", () => void reader.cancel().catch(() => undefined), { once: true });
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const messages = parser.push(value);
    yield parser.retry === undefined ? { word: "pulse" } : { word: "retry", ms: parser.retry };
    for (const message of messages) {
      if (message.kind === "close") {
        if (reasonOf(message) === "revoked") throw await another(way, token, "the session or the key was revoked");
        return;
      }
      yield wordOf(message);
    }
  }
}

function wordOf({ id, kind, data: text }: Message): Word {
  const data = JSON.parse(text) as { stream: string; head?: string; reason?: string };
  const { stream, head = "", reason = "" } = data;
  if (kind === "ready") return { word: "ready", stream, head, why: "ready" };
  if (kind === "gap") return { word: "gap", stream, head, why: reason as Why };
  if (kind === "ended") return { word: "ended", stream, reason };
  return { word: "event", event: { stream, id: id === undefined ? undefined : placeIn(id, stream), kind, data } };
}

function reasonOf({ data }: Message): string {
  return (JSON.parse(data) as { reason: string }).reason;
}

/** One of the rooms is not there, or not for us any more; which, has to be asked. */
async function lost(way: Way, places: Places, token: string | undefined, signal: AbortSignal): Promise<Left> {
  const rooms = [...places.keys()].filter((stream) => stream !== "me");
  const answers = await Promise.all(rooms.map((room) => send(way, `/api/v1/rooms/${encodeURIComponent(room)}`, token, { signal }).then(({ status }) => ({ room, status }))));
  const gone = answers.filter(({ status }) => status === 404).map(({ room }) => room);
  return new Left("a room cannot be followed", gone.length > 0 ? "now" : "later", 0, gone);
}
