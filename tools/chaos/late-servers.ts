import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Stands where a server will be: refuses connections until it is opened, then passes them on to the real one. */
export interface LateServer {
  /** 127.0.0.1:PORT */
  readonly address: string;
  open(): Promise<void>;
}

/** A late server in front of a real one (host:port), until the running test ends. */
export async function lateServer(target: string): Promise<LateServer> {
  const [host, port] = target.split(':');
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  };
  const server: Server = createServer((near) => {
    const far = connect(Number(port), host);
    keep(near);
    keep(far);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  // A port that is ours and on which nothing listens yet.
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = server.address();
  if (own === null || typeof own === 'string') throw new Error('the server has no port');
  await new Promise((resolve) => server.close(resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    address: `127.0.0.1:${own.port}`,
    open: async () => {
      server.listen(own.port, '127.0.0.1');
      await once(server, 'listening');
    },
  };
}
