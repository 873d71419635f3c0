import { Campanile } from "@campanile/client";

const { CAMPANILE_URL: url, CAMPANILE_TOKEN: token, CAMPANILE_ROOM: room } = process.env;
const campanile = new Campanile({ url, token });
const unread = campanile.unread(({ total }) => console.log("unread:", total));

const following = campanile.follow(["me", room], {
  // In the beginning, and whenever something may have been missed: load what you show.
  reload: (stream, why) => console.log("load", stream, why),
  // Each event once, in order, through restarts of the server and of the network.
  event: ({ stream, kind, data }) => console.log(stream, kind, data),
  ended: (stream, reason) => console.log("no longer in", stream, reason),
});

// Sent again while nobody knows whether it has arrived, and published once.
const { event_id } = await campanile.publish({ room_id: room, type: "order.paid", data: { order: 4711 } });
console.log("published", event_id, "unread before it:", unread.of(room));

process.on("SIGTERM", () => following.stop());
await following.done;
