// `@campanile/client`: README.md shows it in twenty lines.
export { Campanile, type Options, type Publication, type PublishOptions, type Published, type Read } from "./client.js";
export { Errand } from "./errand.js";
export { overEvents } from "./events.js";
export { type FollowOptions, type Follower, Following } from "./following.js";
export { Refused, type Way } from "./http.js";
export { type Message, Parser } from "./parser.js";
export { Presence, type PresenceView, type Present } from "./presence.js";
export { type SocketWay, overSocket } from "./socket.js";
export { Unread, type UnreadCounts } from "./unread.js";
export { type Connection, Left, type StreamEvent, type Transport, type Why } from "./word.js";
