// The text of server-sent events, read as it arrives (WHATWG HTML, 9.2.6).

/** One message as it came. */
export interface Message {
  /** Undefined where it had none: what it says has no place in a stream. */
  id: string | undefined;
  kind: string;
  data: string;
}

/** Reads a stream in pieces of any size. */
export class Parser {
  #rest = "";
  #kind = "";
  #data: string[] = [];
  #id: string | undefined;
  /** How long to wait before coming back, in milliseconds, once the server has said so. */
  retry: number | undefined;

  /** The messages that are complete with `text`. */
  push(text: string): Message[] {
    const messages: Message[] = [];
    // A carriage return at the end may be half of a line end: it waits for the next piece.
    const all = this.#rest + text;
    const whole = all.endsWith("\r") ? all.slice(0, -1) : all;
    const lines = whole.split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + all.slice(whole.length);
    for (const line of lines) {
      if (line === "") {
        const message = this.#dispatch();
        if (message) messages.push(message);
      } else if (!line.startsWith(":")) {
        this.#field(line);
      }
    }
    return messages;
  }

  #field(line: string): void {
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") this.#kind = value;
    else if (name === "data") this.#data.push(value);
    else if (name === "id" && !value.includes("\0")) this.#id = value;
    else if (name === "retry" && /^\d+$/.test(value)) this.retry = Number(value);
  }

  #dispatch(): Message | undefined {
    const [id, kind, data] = [this.#id, this.#kind || "message", this.#data.join("\n")];
    this.#id = undefined;
    this.#kind = "";
    this.#data = [];
    return data === "" ? undefined : { id, kind, data };
  }
}
