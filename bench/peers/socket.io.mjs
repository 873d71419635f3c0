// socket.io: one namespace, WebSocket alone, and POST /publish, which sends its body to everybody.
import http from 'node:http';
import { Server } from 'socket.io';

const server = http.createServer((request, response) => {
  let body = '';
  request.on('data', part => { body += part; });
  request.on('end', () => { sockets.emit('said', body); response.end('ok'); });
});
const sockets = new Server(server, { transports: ['websocket'], perMessageDeflate: false, pingInterval: 300_000 });
server.keepAliveTimeout = 600_000;
server.listen(Number(process.argv[2]), '127.0.0.1', 4096);
process.on('SIGTERM', () => process.exit(0));
