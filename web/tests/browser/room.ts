// Rooms, as tests make and fill them beside the page.
import type { Person } from "./house";

export interface Room {
  id: string;
  unread: number;
}

/** A room of `owner`, into which `others` have come. */
export async function room(owner: Person, name: string, ...others: Person[]): Promise<string> {
  const { id } = await owner.api<Room>("POST", "rooms", { name });
  for (const other of others) {
    const { token } = await owner.api<{ token: string }>("POST", `rooms/${id}/invitations`, { role: "member" });
    await other.api("POST", "invitations/accept", { token });
  }
  return id;
}

export function publish(person: Person, room_id: string, type: string, data: object): Promise<unknown> {
  return person.api("POST", "notifications/publish", { room_id, type, data });
}
