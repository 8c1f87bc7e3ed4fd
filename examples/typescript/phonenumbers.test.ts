import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { connect, explain, listAll } from "./phonenumbers.js";
import type {
  CreatePhoneNumberInput,
  ListQuery,
  PhoneNumberSearchInput,
  UpdatePhoneNumberInput,
} from "./phonenumbers.js";

// npm test runs this file with 'phonenumbers sandbox', which sets these variables.
const { VOGENT_BASE_URL: baseUrl, VOGENT_API_KEY: apiKey } = process.env;
assert.ok(baseUrl, "VOGENT_BASE_URL is not set; run npm test");
assert.ok(apiKey, "VOGENT_API_KEY is not set; run npm test");

describe("a TypeScript client", { timeout: 60_000 }, () => {
  const client = connect(baseUrl, apiKey);

  async function search(prefix: string, limit: number): Promise<string[]> {
    const { data, error } = await client.POST("/phone_numbers/search", {
      body: { prefix, limit } satisfies PhoneNumberSearchInput,
    });
    assert.ok(data, error && explain(error));
    return data.map((candidate) => candidate.number);
  }

  async function buyAndLink(number: string, agentId: string) {
    const bought = await client.POST("/phone_numbers", {
      body: { type: "purchase", purchase: { number } } satisfies CreatePhoneNumberInput,
    });
    assert.ok(bought.data, bought.error && explain(bought.error));
    const { data, error } = await client.PUT("/phone_numbers/{id}", {
      params: { path: { id: bought.data.id } },
      body: { agentId } satisfies UpdatePhoneNumberInput,
    });
    assert.ok(data, error && explain(error));
    return data;
  }

  test("searches for a number, and buys it only once even if it sends the request again", async () => {
    const [number] = await search("415", 1);
    assert.ok(number);
    const buy = () =>
      client.POST("/phone_numbers", {
        params: { header: { "Idempotency-Key": "order-17" } },
        body: { type: "purchase", purchase: { number } } satisfies CreatePhoneNumberInput,
      });

    const first = await buy();
    assert.ok(first.data, first.error && explain(first.error));
    assert.equal(first.data.number, number);
    assert.equal(first.data.type, "PSTN");
    assert.equal(first.data.agentId, null);
    assert.equal(first.response.headers.get("Idempotent-Replayed"), "false");

    const second = await buy();
    assert.deepEqual(second.data, first.data);
    assert.equal(second.response.headers.get("Idempotent-Replayed"), "true");
  });

  test("buys with the published example, which has all three objects", async () => {
    const [number] = await search("503", 1);
    assert.ok(number);
    const { data, error } = await client.POST("/phone_numbers", {
      body: {
        type: "purchase",
        purchase: { number },
        sipImport: { phoneNumber: "", terminationUri: "", username: "", password: "" },
        vogentSip: { sipPrefix: "", username: "", password: "" },
      } satisfies CreatePhoneNumberInput,
    });
    assert.ok(data, error && explain(error));
    assert.equal(data.number, number);
    assert.equal(data.type, "PSTN");
  });

  test("links a number to an agent and unlinks it", async () => {
    const [number] = await search("212", 1);
    assert.ok(number);
    const linked = await buyAndLink(number, "agent_1");
    assert.equal(linked.agentId, "agent_1");

    const unlinked = await client.PUT("/phone_numbers/{id}", {
      params: { path: { id: linked.id } },
      body: { agentId: "" } satisfies UpdatePhoneNumberInput,
    });
    assert.ok(unlinked.data, unlinked.error && explain(unlinked.error));
    assert.deepEqual(unlinked.data, { ...linked, agentId: null });

    const page = await client.GET("/phone_numbers", {
      params: { query: { number, agentId: "" } satisfies ListQuery },
    });
    assert.deepEqual(page.data, { data: [unlinked.data], cursor: null });
  });

  test("lists the numbers of an agent, page by page", async () => {
    const found = await search("305", 5);
    assert.equal(found.length, 5);
    for (const number of found) {
      await buyAndLink(number, "agent_pages");
    }

    const query = { agentId: "agent_pages", type: "PSTN", limit: 2 } satisfies ListQuery;
    const page = await client.GET("/phone_numbers", { params: { query } });
    assert.ok(page.data, page.error && explain(page.error));
    assert.equal(page.data.data.length, 2);
    assert.ok(page.data.cursor);

    const listed: string[] = [];
    for await (const { number, agentId } of listAll(client, query)) {
      assert.equal(agentId, "agent_pages");
      listed.push(number);
    }
    assert.deepEqual(listed, found);
  });

  test("handles a number that is already owned, and a value that breaks a rule", async () => {
    const [number] = await search("617", 1);
    assert.ok(number);
    await buyAndLink(number, "agent_2");

    const taken = await client.POST("/phone_numbers", {
      body: { type: "purchase", purchase: { number } } satisfies CreatePhoneNumberInput,
    });
    assert.equal(taken.response.status, 422);
    assert.equal(taken.error?.code, "number_unavailable");
    assert.match(explain(taken.error), /choose another one/);

    const invalid = await client.POST("/phone_numbers", {
      body: { type: "purchase", purchase: { number: "415" } } satisfies CreatePhoneNumberInput,
    });
    assert.equal(invalid.response.status, 422);
    assert.equal(invalid.error?.code, "validation_failed");
    assert.deepEqual(
      invalid.error.errors?.map((field) => field.pointer),
      ["/purchase/number"],
    );
    assert.match(explain(invalid.error), /^\/purchase\/number must be /);
  });

  test("deletes a number", async () => {
    const [number] = await search("206", 1);
    assert.ok(number);
    const { id } = await buyAndLink(number, "agent_3");
    const params = { path: { id } };

    const deleted = await client.DELETE("/phone_numbers/{id}", { params });
    assert.equal(deleted.data?.number, number);

    const { response, error } = await client.GET("/phone_numbers/{id}", { params });
    assert.equal(response.status, 404);
    assert.equal(error?.code, "not_found");
  });

  test("gets an error for a wrong key", async () => {
    const stranger = connect(baseUrl, "pnk_wrong");
    const { data, response, error } = await stranger.GET("/phone_numbers");
    assert.equal(data, undefined);
    assert.equal(response.status, 401);
    assert.equal(error?.code, "unauthorized");
  });
});
