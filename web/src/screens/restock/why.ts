// Why a round is where it is, in a sentence, and why somebody in it was not told.
import type { Round, RoundRecipientReason, RoundRecipientState } from "../../api/schema";
import { ROW_STATES } from "./round";
import { restock } from "./words";

export function whyOf({ status, cause }: Pick<Round, "status" | "cause">): string {
  switch (status) {
    case "IN_PROGRESS":
      return cause === "restocked" ? restock.whyRestocked : cause === "owner" ? restock.whyResumed : restock.whyAsked;
    case "PAUSED":
      return restock.whyPaused;
    case "CANCELED_BY_SOLD_OUT":
      return restock.whySoldOut;
    case "CANCELED_BY_ERROR":
      return restock.whyError;
    case "CANCELED":
      return cause === "expired" ? restock.whyExpired : restock.whyCanceled;
    case "COMPLETED":
      return restock.whyCompleted;
  }
}

export function isRowState(state: string | null): state is RoundRecipientState {
  return ROW_STATES.some((it) => it === state);
}

const REASONS = { unsubscribed: "unsubscribed", gone: "reasonGone", no_channel: "no_channel", refused: "refused", gave_up: "gave_up", unknown: "reasonUnknown" } as const satisfies Record<RoundRecipientReason, keyof typeof restock>;

export function reasonOf(reason: RoundRecipientReason): string {
  return restock[REASONS[reason]];
}
