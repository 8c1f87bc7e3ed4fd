import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../bin/phonenumbers", import.meta.url));

const startTimeout = 30_000; // milliseconds

/** Starts a server with an empty database on a free port, and waits for its first API key. */
export async function startServer() {
  const server = spawn(
    program,
    ["serve", "--db", ":memory:", "--addr", "127.0.0.1:0", "--json", "--log-level", "warn"],
    { env: {}, stdio: ["ignore", "pipe", "inherit"] },
  );
  const exited = once(server, "exit");

  async function stop() {
    server.kill();
    await exited;
  }

  const timer = setTimeout(() => server.kill("SIGKILL"), startTimeout);
  try {
    await once(server, "spawn");
    for await (const line of createInterface({ input: server.stdout })) {
      const { baseUrl, apiKey } = JSON.parse(line) as { baseUrl: string; apiKey: string };
      return { baseUrl, apiKey, stop };
    }
    throw new Error("the server exited before it printed its first API key");
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}
