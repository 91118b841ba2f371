import net from 'node:net';

/** A TCP proxy whose connections can be made to swallow everything from then on; new ones pass. */
export interface BlackHole {
  readonly port: number;
  /** What is open now stays open and carries nothing any more, in either direction. */
  swallow(): void;
  close(): Promise<void>;
}

export async function blackHole(host: string, port: number): Promise<BlackHole> {
  const open = new Set<{ isDead: boolean }>();
  const sockets = new Set<net.Socket>();
  const server = net.createServer((near) => {
    const state = { isDead: false };
    const far = net.connect(port, host);
    open.add(state);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (data) => {
        if (!state.isDead) to.write(data);
      });
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as net.AddressInfo).port,
    swallow: () => {
      for (const state of open) state.isDead = true;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
