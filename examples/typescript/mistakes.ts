// This file is compiled, but never run. Each line below a @ts-expect-error has one mistake. If the
// types accept the mistake, the build fails.
import type { Client, UpdatePhoneNumberInput } from "./phonenumbers.js";

export async function mistakes(client: Client): Promise<void> {
  const path = "/phone_numbers/{id}";
  const params = { path: { id: "019daa80-7c00-7000-8000-000000000001" } };

  // Write "satisfies" after a body: openapi-fetch alone accepts unknown members in some bodies.
  // @ts-expect-error an unknown member: its name is agentId
  await client.PUT(path, { params, body: { agentID: "a" } satisfies UpdatePhoneNumberInput });

  // @ts-expect-error null: the empty string unlinks
  await client.PUT(path, { params, body: { agentId: null } });

  // @ts-expect-error a missing member: prefix
  await client.POST("/phone_numbers/search", { body: { limit: 5 } });

  // @ts-expect-error a missing member of an object: number
  await client.POST("/phone_numbers", { body: { type: "purchase", purchase: {} } });

  // @ts-expect-error an unknown type
  await client.POST("/phone_numbers", { body: { type: "gift" } });

  // @ts-expect-error an unknown filter: its name is agentId
  await client.GET("/phone_numbers", { params: { query: { agent: "agent_1" } } });

  // @ts-expect-error a missing path parameter: id
  await client.DELETE(path);

  // @ts-expect-error an unknown path
  await client.GET("/phone-numbers");

  // @ts-expect-error a method that the path does not have
  await client.PATCH(path, { params, body: { agentId: "agent_1" } });

  const { data } = await client.GET(path, { params });

  // @ts-expect-error an unknown member of a response: its name is agentId
  data?.agent;
}
