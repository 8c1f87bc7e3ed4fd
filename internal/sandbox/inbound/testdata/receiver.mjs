// A receiver of the webhook that checks the signature in the published way. It prints its URL when it is ready.
import crypto from "node:crypto";
import http from "node:http";

const secret = process.env.WEBHOOK_SECRET;

const server = http.createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const rawBody = Buffer.concat(chunks);
  const expected = Buffer.from(crypto.createHmac("sha256", secret).update(rawBody).digest("hex"));
  const received = Buffer.from(request.headers["x-elto-signature"] ?? "");
  if (received.length !== expected.length || !crypto.timingSafeEqual(received, expected)) {
    response.writeHead(401).end();
    return;
  }
  const { payload } = JSON.parse(rawBody);
  response.writeHead(200, { "Content-Type": "application/json" });
  const input = { caller: payload.source_number };
  response.end(JSON.stringify({ call_agent_input: input, keywords: [payload.call_agent_id] }));
});

server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}/webhook`);
});
