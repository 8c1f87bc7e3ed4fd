import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import createClient from "openapi-fetch";
import type { paths as ControlPaths } from "./control.js";
import { connect, type Client } from "./phonenumbers.js";

/** The program: it buys a number and links it to an agent. */
async function openSupportLine(client: Client, agentId: string, order: string): Promise<string> {
  const found = await client.POST("/phone_numbers/search", { body: { prefix: "415" } });
  const number = found.data?.[0]?.number;
  if (!number) throw new Error("no number is for sale");
  const buy = () =>
    client.POST("/phone_numbers", {
      params: { header: { "Idempotency-Key": order } },
      body: { type: "purchase", purchase: { number } },
    });
  const bought = await buy().catch(buy); // The same key again: this buys only one number.
  if (bought.error) throw new Error(bought.error.detail);
  const params = { path: { id: bought.data.id } };
  const linked = await client.PUT("/phone_numbers/{id}", { params, body: { agentId } });
  if (linked.error) throw new Error(linked.error.detail);
  return number;
}

const { VOGENT_BASE_URL: baseUrl, VOGENT_API_KEY: apiKey } = process.env;
assert.ok(baseUrl && apiKey, "run this test with 'phonenumbers sandbox'");
const client = connect(baseUrl, apiKey);
const control = createClient<ControlPaths>({ baseUrl: new URL(baseUrl).origin });

beforeEach(() => control.POST("/_control/reset"));

test("opens one support line, although the response to the purchase is lost", async () => {
  await control.PUT("/_control/faults", {
    body: { faults: [{ operation: "createPhoneNumber", cut: "after", times: 1 }] },
  });
  const number = await openSupportLine(client, "agent_1", "order-17");

  const body = { to: number, from: "+18005550100" };
  const { data: call } = await control.POST("/_control/calls", { body });
  assert.equal(call?.agentId, "agent_1");

  const { data: numbers } = await client.GET("/phone_numbers");
  assert.equal(numbers?.data.length, 1);

  const query = { operation: "createPhoneNumber" };
  const { data: sent } = await control.GET("/_control/requests", { params: { query } });
  assert.deepEqual(
    sent?.requests.map(({ idempotencyKey, status, fault }) => ({ idempotencyKey, status, fault })),
    [
      { idempotencyKey: "order-17", status: 200, fault: "fault-1" },
      { idempotencyKey: "order-17", status: 200, fault: undefined },
    ],
  );
});
