import { once } from 'node:events';
import net from 'node:net';

/** Stands between a program and a server: shut, it carries nothing in either direction, and loses nothing. */
export interface Gate {
  readonly port: number;
  shut(): void;
  open(): void;
  close(): void;
}

export async function startGate(host: string, port: number): Promise<Gate> {
  const sockets = new Set<net.Socket>();
  let isShut = false;
  const server = net.createServer((near) => {
    const far = net.connect(port, host);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
      if (isShut) from.pause();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as net.AddressInfo).port,
    shut: () => {
      isShut = true;
      for (const socket of sockets) socket.pause();
    },
    open: () => {
      isShut = false;
      for (const socket of sockets) socket.resume();
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
