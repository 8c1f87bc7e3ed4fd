"use strict";

// A reference page: Swagger UI on a document of this server, with the API key in the bar at the top.

const storageKey = "phonenumbers.apiKey"; // in sessionStorage, which ends with the tab
const field = document.getElementById("key");
const says = document.getElementById("key-says");
const kept = says.textContent;
let ui;

// The colors follow the system's dark or light setting, also when it changes.
const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

function say(text, wrong) {
  says.textContent = text;
  says.classList.toggle("wrong", wrong);
  field.setAttribute("aria-invalid", String(wrong));
}

function useKey() {
  const key = field.value.trim();
  sessionStorage.setItem(storageKey, key);
  if (key === "") {
    ui.authActions.logout(["bearerAuth"]);
  } else {
    ui.preauthorizeApiKey("bearerAuth", key);
  }
  say(kept, false);
}

// The name of the schema that a reference points to.
const schemaName = (schema) => schema?.$ref?.split("/").at(-1);

// Optional parameters start empty: a request with the example of a cursor or a filter would find nothing.
function startEmpty(spec, parameter) {
  if (parameter.required) {
    return;
  }
  delete parameter.example;
  const name = schemaName(parameter.schema);
  if (name !== undefined) {
    parameter.schema = { ...spec.components.schemas[name] };
    delete parameter.schema.example;
  }
}

// Swagger UI marks what is deprecated, but shows no reason. It marks a member of a body only in the
// schema, which is not visible at first. So this adds the reason to the description of each
// deprecated part, and to the description of a body with deprecated members.
function explainDeprecations(spec, node) {
  if (node === null || typeof node !== "object") {
    return;
  }
  if (node.deprecated === true) {
    const reason = reasonOf(node);
    const says = reason ? `**Deprecated:** ${reason}.` : "**Deprecated.**";
    node.description = paragraphs(says, node.description);
  }
  const schemas = Object.values(node.content ?? {}).map((media) => media?.schema);
  const members = new Set(schemas.flatMap((schema) => deprecatedMembers(spec, schema)));
  if (members.size > 0) {
    const says = `**Deprecated:** ${[...members].sort().join(", ")}.`;
    node.description = paragraphs(node.description, says);
  }
  for (const [name, inner] of Object.entries(node)) {
    if (!["default", "enum", "example", "examples"].includes(name)) {
      explainDeprecations(spec, inner);
    }
  }
}

// The reason without its final period: the text around it adds a period or a parenthesis.
const reasonOf = (node) => node["x-deprecated-reason"]?.replace(/\.$/, "");

const paragraphs = (...texts) => texts.filter(Boolean).join("\n\n");

// The deprecated members of a value, such as "`purchase.number` (the reason)". above has the names
// of the schemas that contain the value, so that a schema that contains itself ends the search.
function deprecatedMembers(spec, schema, at = "", above = []) {
  const name = schemaName(schema);
  if (schema === undefined || above.includes(name)) {
    return [];
  }
  if (name !== undefined) {
    return deprecatedMembers(spec, spec.components.schemas[name], at, [...above, name]);
  }
  const { items, allOf = [], oneOf = [], anyOf = [] } = schema;
  const members = [items, ...allOf, ...oneOf, ...anyOf].flatMap((inner) => deprecatedMembers(spec, inner, at, above));
  for (const [member, property] of Object.entries(schema.properties ?? {})) {
    const path = at === "" ? member : `${at}.${member}`;
    const resolved = spec.components.schemas[schemaName(property)] ?? property;
    if (resolved.deprecated === true) {
      const reason = reasonOf(resolved);
      members.push(reason ? `\`${path}\` (${reason})` : `\`${path}\``);
    }
    members.push(...deprecatedMembers(spec, property, path, above));
  }
  return members;
}

function forThisServer(spec) {
  explainDeprecations(spec, spec);
  spec.servers = spec.servers.slice(0, 1);
  const operations = Object.values(spec.paths).flatMap((path) => Object.values(path));
  const parameters = operations.flatMap((operation) => operation.parameters ?? []);
  for (const parameter of [...parameters, ...Object.values(spec.components.parameters ?? {})]) {
    startEmpty(spec, parameter);
  }
  return spec;
}

// Fills the id fields with the last id in a response.
function fillID(spec, id) {
  for (const [path, operations] of Object.entries(spec.paths)) {
    if (path.includes("{id}")) {
      for (const method of Object.keys(operations)) {
        ui.specActions.changeParam([path, method], "id", "path", id, false);
      }
    }
  }
}

function lastID(answer) {
  const found = Array.isArray(answer?.data) ? answer.data.at(-1)?.id : answer?.id;
  return typeof found === "string" ? found : undefined;
}

async function start() {
  const answer = await fetch(document.getElementById("reference").dataset.document);
  const spec = forThisServer(await answer.json());
  const takesKey = spec.components.securitySchemes !== undefined;
  document.getElementById("key-form").hidden = says.hidden = !takesKey;
  ui = SwaggerUIBundle({
    spec,
    domNode: document.getElementById("reference"),
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    requestSnippetsEnabled: true,
    requestSnippets: { languages: ["curl_bash"], defaultExpanded: true },
    defaultModelsExpandDepth: 0,
    validatorUrl: null,
    responseInterceptor: (response) => {
      if (response.status === 401) {
        say("The server does not accept this API key. Enter a valid one here.", true);
      } else if (response.ok) {
        say(kept, false);
        const id = lastID(response.body ?? response.obj);
        if (id !== undefined) {
          fillID(spec, id);
        }
      }
      return response;
    },
    onComplete: () => {
      field.value = sessionStorage.getItem(storageKey) ?? "";
      field.addEventListener("input", useKey);
      if (field.value !== "" && takesKey) {
        useKey();
      }
    },
  });
}

document.getElementById("key-form").addEventListener("submit", (event) => event.preventDefault());
start().catch((error) => {
  say("The reference could not be loaded. To try again, reload the page.", true);
  throw error;
});
