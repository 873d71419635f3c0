// What the client of the streams asks by itself (`Errand` of @campanile/client): it heeds refusals that it knows.
import { Refused as Refusal } from "@campanile/client";

import { Refused } from "./problem";

const SECOND = 1_000;

/** What `call` answers; a refusal as that client knows it. */
export async function onErrand<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    throw new Refusal(error.status, error.code, error.message, error.retryAfter === undefined ? undefined : error.retryAfter * SECOND);
  }
}
