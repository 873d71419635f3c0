// Somebody's own service, to which whoever has no account is handed over; and products with people in line, as tests make them beside the page.
import { type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import type { Person } from "./house";

/** What a service is sent of one person. */
interface Handed {
  key: string;
  round: number;
  position: number;
  recipient: { external_id: string };
}

/** Takes everybody it is sent, and remembers whom. */
export class Service {
  readonly handed: Handed[] = [];
  /** Whom it does not answer, until it is told to. */
  slow: (handed: Handed) => boolean = () => false;
  #server: Server | undefined;
  #unanswered: (() => void)[] = [];

  async start(): Promise<string> {
    const server = createServer((request, response) => {
      let text = "";
      request.on("data", (piece: Buffer) => (text += piece.toString()));
      request.on("end", () => {
        const handed = JSON.parse(text) as Handed;
        this.handed.push(handed);
        const answer = (): void => void response.writeHead(204).end();
        if (this.slow(handed)) this.#unanswered.push(answer);
        else answer();
      });
    });
    this.#server = server;
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/told`;
  }

  /** Answers everybody who waits for it, and is as quick as ever from now on. */
  answer(): void {
    const unanswered = this.#unanswered;
    [this.slow, this.#unanswered] = [() => false, []];
    for (const answer of unanswered) answer();
  }

  stop(): void {
    this.#server?.close();
    this.#server?.closeAllConnections();
  }
}

export interface Round {
  status: string;
  total: number;
  sent: number;
  waiting: number;
  expires_at: string | null;
}

/** A list of so many people, each with a name. */
export function list(prefix: string, count: number): string {
  return ["external_id,name", ...Array.from({ length: count }, (_, n) => `${prefix}-${String(n + 1)},Person ${String(n + 1)}`)].join("\n");
}

/** A product, for which those of `people` wait. */
export async function product({ api }: Person, key: string, people: string, more: object = {}): Promise<void> {
  await api("PUT", `products/${key}`, { name: "Bronze bell", ...more });
  if (people) await api("POST", `products/${key}/subscriptions/import`, people, { "content-type": "text/csv" });
}

export function roundOf({ api }: Person, key: string, round: number): Promise<Round> {
  return api<Round>("GET", `products/${key}/rounds/${String(round)}`);
}
