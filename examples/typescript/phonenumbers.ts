import createClient from "openapi-fetch";
import type { components, operations, paths } from "./schema.js";

type Schemas = components["schemas"];
export type PhoneNumber = Schemas["PhoneNumber"];
export type PhoneNumberSearchInput = Schemas["PhoneNumberSearchInput"];
export type CreatePhoneNumberInput = Schemas["CreatePhoneNumberInput"];
export type UpdatePhoneNumberInput = Schemas["UpdatePhoneNumberInput"];
export type Problem = Schemas["Problem"];
export type ListQuery = NonNullable<operations["listPhoneNumbers"]["parameters"]["query"]>;
export type Client = ReturnType<typeof connect>;

export function connect(baseUrl: string, apiKey: string) {
  return createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${apiKey}` } });
}

/** Yields the numbers of all pages, oldest first. */
export async function* listAll(client: Client, query: ListQuery): AsyncGenerator<PhoneNumber> {
  for (;;) {
    const { data, error } = await client.GET("/phone_numbers", { params: { query } });
    if (error) throw new Error(explain(error));
    yield* data.data;
    if (data.cursor === null) return;
    query = { ...query, cursor: data.cursor };
  }
}

/** Returns what a person can do about a problem. */
export function explain(problem: Problem): string {
  switch (problem.code) {
    case "validation_failed":
    case "invalid_request":
      return (problem.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`).join("; ");
    case "number_unavailable":
      return "This number is not available. Search again and choose another one.";
    case "sip_prefix_taken":
      return "This SIP prefix is taken. Choose another one.";
    case "unauthorized":
      return "Check the API key.";
    case "idempotency_key_reused":
      return "This Idempotency-Key was used for a different request. Choose a new one.";
    case "idempotency_in_progress":
    case "rate_limited":
    case "storage_unavailable":
      return "Try again later, with the same Idempotency-Key.";
    default: // More codes may be added.
      return `${problem.detail} (request ${problem.requestId})`;
  }
}
