// The invitation somebody came with, while they sign in or make an account on the way into the room.
let token = "";

/** Takes it from behind the # of the address, if it is there. */
export function hearInvitation(): void {
  if (/\/join$/.test(location.pathname) && location.hash.length > 1) token = location.hash.slice(1);
}

/** What lets in; empty if nobody has come with any. */
export function invitation(): string {
  return token;
}

/** It was used, or refused. */
export function forgetInvitation(): void {
  token = "";
}
